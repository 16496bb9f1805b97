import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { systemClock } from '../../core/clock.ts'
import { SecretText } from '../../core/plugin.ts'
import { LocalMasterKey } from '../../core/records/master-key.ts'
import { Records } from '../../core/records/records.ts'
import { Vocabulary } from '../../core/records/vocabulary.ts'
import { send } from '../support/client.ts'
import { routeOf, startTestGateway, upstreamOf } from '../support/gateway.ts'
import { startUpstream } from '../support/upstream.ts'

const KEY = 'ab'.repeat(32)
const PLUGIN = `
  import { definePlugin, Instant, KnownName, Type, Uuid } from 'tacit-gateway/plugin'
  export default definePlugin({
    contract: 1, name: 'keeping', summary: 'Keeps a row for each exchange.', data: { reads: ['metadata'] },
    config: Type.Object({ leak: Type.Boolean({ default: false }) }),
    records: {
      passage: {
        purpose: 'Shows what passed.', class: 'access', id: 'exchange', at: 'receivedAt', clear: ['route', 'status'],
        fields: Type.Object({
          exchange: Uuid(), receivedAt: Instant(), route: KnownName('route'), status: Type.Integer(),
          bytes: Type.Integer()
        })
      }
    },
    setup ({ leak }, host) {
      return {
        logging (exchange, facts) {
          const route = leak ? 'canary-of-somebody' : exchange.route
          const row = { exchange: exchange.id, receivedAt: exchange.receivedAt, route, status: facts.end.status }
          host.record('passage', { ...row, bytes: facts.responseBytes })
        }
      }
    }
  })`

type Tap = Parameters<typeof startUpstream>[0]

async function start(t: Tap, directory: string, config: object, records: object = { masterKey: KEY }) {
  const upstream = await startUpstream(t, exchange => exchange.answer(200, {}, 'some answer'))
  return await startTestGateway(
    t,
    {
      upstreams: [upstreamOf([upstream.url])],
      routes: [routeOf({ plugins: [{ use: './keeping.ts', config }] })],
      records: { directory, ...records }
    },
    { files: { 'keeping.ts': PLUGIN } }
  )
}

async function folder(t: Tap): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'tacit-records-'))
  t.teardown(() => rm(directory, { recursive: true, force: true }))
  return directory
}

/** What stands on the disk once the gateway is closed. */
async function kept(t: Tap, directory: string) {
  const life = 30 * 86_400_000
  const records = await Records.open({
    directory,
    masterKeys: [new LocalMasterKey(new SecretText(KEY))],
    clock: systemClock,
    vocabulary: new Vocabulary(),
    lives: { access: life, usage: life, billing: life, audit: life, account: life, consent: life }
  })
  t.teardown(() => records.close())
  return await records.query('keeping.passage', { order: 'oldest', limit: 1_000 })
}

t.test('a row for each exchange is on the disk when the gateway has stopped', async t => {
  const directory = await folder(t)
  const gateway = await start(t, directory, {})
  for (let index = 0; index < 20; index++) {
    const response = await send({ url: `${gateway.url}/some` })
    t.equal(response.status, 200)
  }
  const ready = await send({ url: `${gateway.adminUrl}/health/ready` })
  t.match(JSON.parse(String(ready.body)), { plugins: { records: { status: 'ok' } } })
  const metrics = await send({ url: `${gateway.adminUrl}/metrics` })
  t.match(String(metrics.body), /^tacit_records_lost 0$/m)
  await gateway.close()
  const { rows } = await kept(t, directory)
  t.equal(rows.length, 20)
  t.match(rows[0]?.fields, { route: 'route', status: 200, bytes: 11 })
})

t.test('a row that would hold what nobody knows is not kept, and fails nobody', async t => {
  const directory = await folder(t)
  const gateway = await start(t, directory, { leak: true })
  t.equal((await send({ url: `${gateway.url}/some` })).status, 200)
  const metrics = await send({ url: `${gateway.adminUrl}/metrics` })
  t.match(String(metrics.body), /^tacit_plugin_failures_total\{plugin="keeping"\} 1$/m)
  await gateway.close()
  t.strictSame((await kept(t, directory)).rows, [])
})

t.test('a gateway whose plugins keep rows does not start without a key to seal them with', async t => {
  await t.rejects(start(t, await folder(t), {}, {}), { code: 'TACIT_MASTER_KEY_MISSING' })
})
