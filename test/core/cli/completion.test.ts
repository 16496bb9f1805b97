import { spawnSync } from 'node:child_process'
import t from 'tap'
import { main, programFor } from '../../../core/cli/main.ts'
import { TestTerminal } from '../../support/terminal.ts'

async function printed(shell: string): Promise<string> {
  const terminal = new TestTerminal()
  t.equal(await main(['completion', shell], terminal), 0)
  return terminal.printed
}

t.test('knows every command and every option that there is', async t => {
  const script = await printed('bash')
  for (const command of programFor(new TestTerminal(), () => {}).commands) {
    t.match(script, `'${command.name()}')`)
    for (const { long } of command.options) t.match(script, `${long}`)
  }
  t.match(script, "'completion') words='bash zsh'")
})

t.test('prints what each shell can read', async t => {
  for (const shell of ['bash', 'zsh']) {
    if (spawnSync(shell, ['--version']).status !== 0) continue
    const { status, stderr } = spawnSync(shell, ['-n'], { input: await printed(shell), encoding: 'utf8' })
    t.strictSame([status, stderr], [0, ''], shell)
  }
})

t.test('knows no other shell', async t => {
  t.equal(await main(['completion', 'fish'], new TestTerminal()), 2)
})
