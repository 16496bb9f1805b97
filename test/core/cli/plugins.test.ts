import t from 'tap'
import { main } from '../../../core/cli/main.ts'
import { PluginLoader } from '../../../core/loader.ts'
import { runOn } from '../../support/command.ts'
import { TestTerminal } from '../../support/terminal.ts'

t.test('lists every built-in plugin with its summary', async t => {
  const terminal = new TestTerminal()
  t.equal(await main(['plugins'], terminal), 0)
  for (const name of new PluginLoader().names()) t.match(terminal.printed, new RegExp(`^${name} +[A-Z].*\\.$`, 'm'))
})

t.test('lists those that a configuration uses, and where', async t => {
  const { printed } = await runOn(t, file => ['plugins', file])
  t.match(printed, /^access-log +.* +every route$/m)
  t.match(printed, /^cors +.* +route all$/m)
  t.match(printed, /^weighted +.* +balancer of one$/m)
  t.notMatch(printed, 'key-auth')
})

t.test('says as JSON what each reads and refuses for', async t => {
  const terminal = new TestTerminal()
  await main(['plugins', '--json'], terminal)
  const { plugins } = JSON.parse(terminal.printed)
  t.match(
    plugins.find(({ name }: { name: string }) => name === 'key-auth'),
    {
      guard: true,
      reads: ['credential'],
      reasons: ['missing_api_key', 'unknown_api_key', 'ambiguous_api_key'],
      where: []
    }
  )
})
