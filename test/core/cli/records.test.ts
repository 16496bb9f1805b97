import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { main } from '../../../core/cli/main.ts'
import { systemClock } from '../../../core/clock.ts'
import { SecretText } from '../../../core/plugin.ts'
import { LocalMasterKey } from '../../../core/records/master-key.ts'
import { TestTerminal } from '../../support/terminal.ts'
import { DAY_MS, folder, openTestRecords, USAGE, usageRow } from '../records/support.ts'

const KEY = 'ab'.repeat(32)
const PLUGIN = `
  import { definePlugin, Instant, KnownName, Type, Uuid } from 'tacit-gateway/plugin'
  export default definePlugin({
    contract: 1, name: 'metering', summary: 'Keeps rows.', data: { reads: [] }, config: Type.Object({}),
    records: {
      usage: {
        purpose: 'Shows what was used.', class: 'usage', subject: 'consumer', id: 'exchange', at: 'startedAt',
        clear: ['route', 'status', 'streamed'], longestLifeMs: ${3 * DAY_MS},
        fields: Type.Object({
          exchange: Uuid(), startedAt: Instant(), consumer: KnownName('consumer'), route: KnownName('route'),
          status: Type.Integer(), streamed: Type.Boolean()
        })
      }
    },
    setup: () => ({})
  })`

/** A configuration beside some rows, of which two are four days old. */
async function start(t: Parameters<typeof folder>[0], isEmpty = false) {
  const directory = await folder(t, join(import.meta.dirname, '../../../.tap'))
  writeFileSync(join(directory, 'metering.ts'), PLUGIN)
  const file = join(directory, 'gateway.yaml')
  const configuration = {
    version: 1,
    records: { masterKey: KEY },
    upstreams: [{ id: 'main', peers: [{ id: 'eu', url: 'http://127.0.0.1:1' }] }],
    routes: [{ id: 'chat', match: { path: '/*' }, upstream: 'main', plugins: [{ use: './metering.ts' }] }]
  }
  writeFileSync(file, JSON.stringify(configuration))
  if (!isEmpty) {
    const now = systemClock.now()
    const masterKeys = [new LocalMasterKey(new SecretText(KEY))]
    const records = await openTestRecords(t, systemClock, { directory: join(directory, 'records'), masterKeys })
    const kind = records.kind('metering', 'usage', USAGE)
    for (let index = 0; index < 10; index++)
      records.append(kind, usageRow(index, now - (index < 2 ? 4 * DAY_MS : index)))
    await records.close()
  }
  return async (...args: readonly string[]) => {
    const terminal = new TestTerminal()
    const [group = '', command = '', ...rest] = args
    const code = await main([group, command, ...rest, '--config', file], terminal)
    return { code, out: terminal.printed, error: terminal.complained }
  }
}

const tokensIn = (text: string): readonly number[] =>
  text
    .split('\n')
    .filter(line => line !== '')
    .map(line => JSON.parse(line).tokens)

t.test('lists kinds with their lives, their columns and the days that there are', async t => {
  const run = await start(t)
  const { code, out } = await run('records', 'kinds')
  t.equal(code, 0)
  t.match(out, /^metering\.usage +usage +3d +[23] days +consumer route status streamed$/m)
  t.match(JSON.parse((await run('records', 'kinds', '--json')).out), [
    { name: 'core.audit' },
    { name: 'metering.usage', purpose: /used/ }
  ])
})

t.test('prints the newest rows that fit, and where to go on', async t => {
  const run = await start(t)
  const { code, out, error } = await run('records', 'query', 'metering.usage', '--limit', '3')
  t.equal(code, 0)
  t.strictSame(tokensIn(out), [2, 3, 4])
  const [, cursor = ''] = /--cursor (\S+)/.exec(error) ?? []
  const next = await run('records', 'query', 'metering.usage', '--limit', '3', '--cursor', cursor)
  t.strictSame(tokensIn(next.out), [5, 6, 7])
  const fitting = await run(
    'records',
    'query',
    'metering.usage',
    '--where',
    'status=200..299',
    'streamed=true',
    '--from',
    '1h'
  )
  t.strictSame(tokensIn(fitting.out), [3, 6, 9])
  t.match(JSON.parse(fitting.out.split('\n')[0] ?? ''), { costNano: '3000000021', route: 'canary-route', at: /Z$/ })
})

t.test('exports all rows that are not over', async t => {
  const run = await start(t)
  const { code, out } = await run('records', 'export', 'metering.usage', '--oldest')
  t.equal(code, 0)
  t.strictSame(tokensIn(out), [9, 8, 7, 6, 5, 4, 3, 2])
})

t.test('drops the days that are over, once', async t => {
  const run = await start(t)
  t.match(await run('records', 'expire', '--dry-run'), { code: 0, out: /^metering\.usage \d/, error: '1 day over.\n' })
  t.match(await run('records', 'expire'), { code: 0, error: '1 day dropped.\n' })
  t.match(await run('records', 'expire'), { code: 0, out: '', error: '0 days dropped.\n' })
})

t.test('says what cannot be asked for, and where nothing is', async t => {
  const run = await start(t)
  t.match(await run('records', 'query', 'metering.usag'), {
    code: 1,
    error: /There are: core\.audit, metering\.usage\./
  })
  t.match(await run('records', 'query', 'metering.usage', '--where', 'tokens=1'), {
    code: 1,
    error: /TACIT_QUERY_INVALID/
  })
  t.match(await run('records', 'query', 'metering.usage', '--where', 'tokens'), { code: 1, error: /column=value/ })
  t.match(await run('records', 'query', 'metering.usage', '--from', 'yesterday'), { code: 2, error: /no instant/ })
  const empty = await start(t, true)
  t.match(await empty('records', 'kinds'), { code: 1, error: /TACIT_RECORDS_NONE/ })
})
