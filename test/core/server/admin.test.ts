import { createServer } from 'node:net'
import t from 'tap'
import type { Health } from '../../../core/plugin.ts'
import { type AdminOptions, openAdmin } from '../../../core/server/admin.ts'
import { send } from '../../support/client.ts'

async function open(t: { teardown(work: () => unknown): void }, options: Partial<AdminOptions> = {}) {
  const failures: string[] = []
  const listener = await openAdmin({
    admin: { host: '127.0.0.1', port: 0 },
    isReady: () => true,
    health: async () => ({}),
    metrics: () => 'up 1\n',
    failed: code => failures.push(code),
    ...options
  })
  t.teardown(() => listener.close())
  const ask = async (path: string, headers = {}) => {
    const { status, body } = await send({ url: `${listener.url}${path}`, headers })
    return [status, body.toString()] as const
  }
  return { listener, ask, failures }
}

t.test('lives, whatever else is the matter', async t => {
  const { ask } = await open(t, { isReady: () => false })
  t.strictSame(await ask('/health/live'), [200, '{"status":"ok"}'])
})

t.test('is ready when the gateway is and no plugin has failed', async t => {
  let ready = true
  let plugins: Readonly<Record<string, Health>> = { one: { status: 'degraded', detail: 'half' } }
  const { ask } = await open(t, { isReady: () => ready, health: async () => plugins })
  const [status, body] = await ask('/health/ready')
  t.strictSame([status, JSON.parse(body)], [200, { status: 'ready', plugins }])
  plugins = { one: { status: 'failed' } }
  t.equal((await ask('/health/ready'))[0], 503)
  plugins = {}
  ready = false
  t.strictSame(await ask('/health/ready'), [503, '{"status":"not_ready","plugins":{}}'])
})

t.test('shows metrics as Prometheus reads them, and nothing is cached', async t => {
  const { listener } = await open(t)
  const { headers, body } = await send({ url: `${listener.url}/metrics` })
  t.equal(body.toString(), 'up 1\n')
  t.match(headers, {
    'content-type': 'text/plain; version=0.0.4; charset=utf-8',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff'
  })
})

t.test('tells a fault by its code alone', async t => {
  const { ask, failures } = await open(t, {
    metrics: () => {
      throw Object.assign(new Error('canary'), { code: 'E_CANARY' })
    }
  })
  t.strictSame(await ask('/metrics'), [500, '{"error":"internal_error"}'])
  t.strictSame(failures, ['E_CANARY'])
})

t.test('refuses names that are not its own while it is on the loopback', async t => {
  const { ask } = await open(t)
  for (const host of ['rebound.example', 'localhost.example', 'rebound.example:9090']) {
    t.equal((await ask('/metrics', { host }))[0], 421, host)
  }
  for (const host of ['localhost', 'localhost:1', '127.0.0.1:9090', '[::1]:9090']) {
    t.equal((await ask('/metrics', { host }))[0], 200, host)
  }
})

t.test('says what it does not have', async t => {
  const { ask } = await open(t)
  t.strictSame(await ask('/canary'), [404, '{"error":"not_found"}'])
})

t.test('says that its port is taken', async t => {
  const taken = createServer().listen(0, '127.0.0.1')
  t.teardown(() => taken.close())
  await new Promise(resolve => taken.once('listening', resolve))
  const address = taken.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  await t.rejects(open(t, { admin: { host: '127.0.0.1', port } }), {
    code: 'TACIT_LISTEN_FAILED',
    message: /EADDRINUSE/
  })
})
