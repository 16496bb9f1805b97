import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { CONSUMER } from 'tacit-gateway/plugin'
import { type DriveOptions, drive } from 'tacit-gateway/testing'
import t from 'tap'
import accessLog from '../../plugins/access-log/index.ts'
import { send } from '../support/client.ts'
import { routeOf, upstreamOf } from '../support/gateway.ts'
import { runNode } from '../support/process.ts'
import { startUpstream } from '../support/upstream.ts'

const COMMAND = fileURLToPath(new URL('../../core/cli/tacit.js', import.meta.url))

const driven = (config: Record<string, unknown> = {}, options?: DriveOptions) => drive(accessLog, config, options)

t.test('writes one line for an exchange', async t => {
  const log = await driven()
  const exchange = log.exchange({ route: 'chat' })
  exchange.exchange.set(CONSUMER, { id: 'team-search', group: undefined, labels: {} })
  await exchange.run()
  t.strictSame(log.logged, [
    {
      event: 'access',
      exchange: '00000000-0000-4000-8000-000000000001',
      route: 'chat',
      method: 'POST',
      status: 200,
      source: 'upstream',
      end: 'complete',
      durationMs: 0,
      firstByteMs: 0,
      overheadMs: 0,
      requestBytes: 0,
      responseBytes: 0,
      attempts: 1,
      upstream: 'some-upstream',
      peer: 'some-peer',
      consumer: 'team-search'
    }
  ])
  t.strictSame(log.waited, [])
})

t.test('says why an exchange was refused', async t => {
  const log = await driven()
  log.exchange().logging({
    end: { reason: 'refused', status: 401, durationMs: 1 },
    source: 'gateway',
    reason: 'missing_api_key',
    error: { code: 'UND_ERR_SOCKET', origin: 'upstream' },
    attempts: []
  })
  const [line] = log.logged
  t.match(line, { status: 401, end: 'refused', reason: 'missing_api_key', errorCode: 'UND_ERR_SOCKET', attempts: 0 })
  t.notOk(line && ('upstream' in line || 'consumer' in line))
})

t.test('holds nothing of what was asked, said or sent along', async t => {
  const log = await driven()
  const exchange = log.exchange({
    target: '/v1/chat/completions?user=ada&q=hunter2',
    headers: { authorization: 'Bearer sk-hunter2', 'user-agent': 'hunter2', 'x-forwarded-for': '203.0.113.9' },
    body: '{"model":"hunter2"}',
    clientIp: '203.0.113.9'
  })
  await exchange.run({ headers: { 'x-secret': 'hunter2' }, body: 'hunter2' })
  t.notMatch(JSON.stringify(log.logged), /hunter2|203\.0\.113\.9|ada|completions/)
})

t.test('leaves out a word that is none of the code or the configuration', async t => {
  const log = await driven()
  log.exchange().logging({ error: { code: 'Unexpected token in "secret"', origin: 'client' } })
  const [line] = log.logged
  t.match(line, { errorOrigin: 'client', left_out: 1 })
  t.notMatch(JSON.stringify(line), /secret/)
})

t.test('leaves out the fields that the operator excludes', async t => {
  const log = await driven({ exclude: ['consumer', 'peer', 'durationMs'] })
  const exchange = log.exchange()
  exchange.exchange.set(CONSUMER, { id: 'team-search', group: undefined, labels: {} })
  await exchange.run()
  const [line = {}] = log.logged
  t.strictSame(
    ['consumer', 'peer', 'durationMs', 'upstream'].filter(field => field in line),
    ['upstream']
  )
})

t.test('writes a line for the given share of exchanges without fault, and for every other', async t => {
  const log = await driven({ sample: '10%' })
  for (let count = 0; count < 1000; count++) log.exchange().logging()
  const sampled = log.logged.length
  t.ok(sampled > 70 && sampled < 130, `${sampled} of 1000`)
  for (let count = 0; count < 10; count++) {
    log.exchange().logging({ end: { reason: 'complete', status: 500, durationMs: 1 } })
    log.exchange().logging({ end: { reason: 'client_gone', status: 200, durationMs: 1 } })
  }
  t.equal(log.logged.length, sampled + 20)
})

t.test('a sample of nothing still writes what went wrong', async t => {
  const log = await driven({ sample: '0%' })
  for (let count = 0; count < 100; count++) log.exchange().logging()
  log.exchange().logging({ end: { reason: 'deadline', status: 504, durationMs: 1 } })
  t.strictSame(
    log.logged.map(({ end }) => end),
    ['deadline']
  )
})

t.test('refuses a share above everything, and fields that it does not know', async t => {
  await t.rejects(driven({ sample: '101%' }), { message: /`sample` must be at most 100%/ })
  await t.rejects(driven({ sample: 0.5 }), { code: 'TACIT_CONFIG_INVALID' })
  await t.rejects(driven({ exclude: ['path'] }), { code: 'TACIT_CONFIG_INVALID' })
  await t.rejects(driven({ fields: ['status'] }), { code: 'TACIT_CONFIG_INVALID' })
})

t.test('a gateway writes the line to its standard output', async t => {
  const upstream = await startUpstream(t, exchange => exchange.answer(200, {}, 'hunter2'))
  const file = `${t.testdir({
    'gateway.yaml': JSON.stringify({
      version: 1,
      listen: { port: 0 },
      admin: { port: 0 },
      upstreams: [upstreamOf([upstream.url])],
      routes: [routeOf({ plugins: [{ use: 'access-log' }] })]
    })
  })}/gateway.yaml`
  const gateway = runNode(t, [COMMAND, 'start', file])
  const { stderr } = gateway.child
  if (stderr === null) throw new Error('it has no standard error')
  await Promise.race([once(stderr, 'data'), gateway.exited])
  const [, url] = /listens on (\S+),/.exec(gateway.output().stderr) ?? []
  await send({ url: `${url}/hunter2`, body: 'hunter2', headers: { 'x-a': 'hunter2' } })
  const lines = (await gateway.says('"event":"access"')).split('\n').filter(line => line.includes('"access"'))
  t.equal(lines.length, 1)
  const line: unknown = JSON.parse(lines[0] ?? '')
  t.match(line, {
    level: 30,
    time: Number,
    event: 'access',
    plugin: 'access-log',
    exchange: String,
    route: 'route',
    method: 'POST',
    status: 200,
    source: 'upstream',
    end: 'complete',
    requestBytes: 7,
    responseBytes: 7,
    attempts: 1,
    upstream: 'upstream',
    peer: 'peer-1'
  })
  t.notMatch(JSON.stringify(line), /hunter2|left_out/)
})
