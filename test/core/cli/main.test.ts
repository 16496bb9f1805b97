import t from 'tap'
import { main } from '../../../core/cli/main.ts'
import { VERSION } from '../../../core/version.ts'
import { TestTerminal } from '../../support/terminal.ts'

t.test('prints the version', async t => {
  const terminal = new TestTerminal()
  t.equal(await main(['version'], terminal), 0)
  t.equal(terminal.printed, `${VERSION}\n`)
})

t.test('prints its help, with every command and the exit codes', async t => {
  const terminal = new TestTerminal()
  t.equal(await main(['--help'], terminal), 0)
  for (const word of ['start', 'check', 'key', 'schema', 'version', 'Exit codes: 0 done, 1 refused, 2 '])
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
