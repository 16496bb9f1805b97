import t from 'tap'
import { main, programFor } from '../../../core/cli/main.ts'
import { VERSION } from '../../../core/version.ts'
import { TestTerminal } from '../../support/terminal.ts'

t.test('prints the version', async t => {
  const terminal = new TestTerminal()
  t.equal(await main(['version'], terminal), 0)
  t.equal(terminal.printed, `${VERSION}\n`)
})

t.test('prints the versions as JSON', async t => {
  const terminal = new TestTerminal()
  t.equal(await main(['version', '--json'], terminal), 0)
  t.strictSame(JSON.parse(terminal.printed), { version: VERSION, node: process.versions.node })
})

t.test('every command has an example in its help', async t => {
  const { commands } = programFor(new TestTerminal(), () => {})
  for (const command of commands.flatMap(each => (each.commands.length > 0 ? each.commands : [each]))) {
    const terminal = new TestTerminal()
    const names = command.parent?.parent ? [command.parent.name(), command.name()] : [command.name()]
    t.equal(await main([...names, '--help'], terminal), 0)
    t.match(terminal.printed, /^Examples?:\n {2}\S/m, names.join(' '))
  }
})

t.test('prints its help, with every command and the exit codes', async t => {
  const terminal = new TestTerminal()
  t.equal(await main(['--help'], terminal), 0)
  for (const word of [
    'start',
    'check',
    'explain',
    'diff',
    'routes',
    'plugins',
    'prices',
    'key',
    'records',
    'events',
    'schema',
    'version',
    'Exit codes: 0 done, 1 refused, 2 '
  ])
    t.match(terminal.printed, word)
  t.equal(terminal.complained, '')
})

t.test('does not understand commands and options that do not exist', async t => {
  for (const args of [['strat'], ['check', '--jsn'], ['key', 'hsh'], []]) {
    const terminal = new TestTerminal()
    t.equal(await main(args, terminal), 2, args.join(' '))
    t.equal(terminal.printed, '')
    t.not(terminal.complained, '')
  }
})
