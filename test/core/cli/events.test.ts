import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { main } from '../../../core/cli/main.ts'
import { systemClock } from '../../../core/clock.ts'
import { SecretText } from '../../../core/plugin.ts'
import { LocalMasterKey } from '../../../core/records/master-key.ts'
import { TestTerminal } from '../../support/terminal.ts'
import { folder, openTestRecords } from '../records/support.ts'

const KEY = 'ab'.repeat(32)

t.test('shows events that were given up, and has them handed over again', async t => {
  const directory = await folder(t)
  const file = join(directory, 'gateway.yaml')
  const configuration = {
    version: 1,
    records: { masterKey: KEY },
    webhooks: [{ id: 'hook', url: 'https://hooks.example.com', secret: 'a secret of some length' }],
    upstreams: [{ id: 'main', peers: [{ id: 'eu', url: 'http://127.0.0.1:1' }] }],
    routes: [{ id: 'chat', match: { path: '/*' }, upstream: 'main' }]
  }
  writeFileSync(file, JSON.stringify(configuration))
  const masterKeys = [new LocalMasterKey(new SecretText(KEY))]
  const records = await openTestRecords(t, systemClock, { directory: join(directory, 'records'), masterKeys })
  const run = async (...args: readonly string[]) => {
    const terminal = new TestTerminal()
    const code = await main([...args, '--config', file], terminal)
    return { code, out: terminal.printed, error: terminal.complained }
  }
  t.match(await run('events', 'dead'), { code: 0, out: 'No event was given up.\n' })
  const at = systemClock.now()
  for (const name of ['budget.exceeded', 'budget.reset']) {
    records.emit({ at, name, subject: '', data: '{"canary":1}', webhooks: ['hook'] })
  }
  for (const { webhook, seq } of await records.due('hook', at, 10)) {
    await records.settle([{ webhook, seq, outcome: 'dead', dueAt: 0, code: 'HTTP_410' }])
  }
  const { out } = await run('events', 'dead')
  t.match(out, /^evt_\S+ +hook +budget\.exceeded +\S+Z +1 +HTTP_410$/m)
  t.notMatch(out, /canary/)
  const [first] = JSON.parse((await run('events', 'dead', '--json')).out)
  t.match(await run('events', 'replay', first.id), { code: 0, out: '1 event is handed over again.\n' })
  t.match(await run('events', 'replay', first.id), { code: 1, out: '0 events are handed over again.\n' })
  t.match(await run('events', 'replay'), { code: 0, out: '1 event is handed over again.\n' })
  t.equal((await records.due('hook', systemClock.now(), 10)).length, 2, 'while the gateway runs')
})
