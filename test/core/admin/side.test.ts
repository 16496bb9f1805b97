import t from 'tap'
import { openAdminSide } from '../../../core/admin/side.ts'
import { loadConfiguration } from '../../../core/configuration/load.ts'
import { PluginLoader } from '../../../core/loader.ts'
import { createLogger } from '../../../core/log.ts'
import { Serving } from '../../../core/serving.ts'
import { send } from '../../support/client.ts'

const load = (text: string) => loadConfiguration({ file: 'gateway.yaml', text, environment: {} }, new PluginLoader())

t.test('shows what it is given, and what serves now', async t => {
  const text = `version: 1
admin: { port: 0 }
upstreams: [{ id: chat, peers: [{ id: eu, url: "http://eu.test" }] }]
routes: [{ id: chat, match: { path: /v1/chat }, upstream: chat }]`
  const serving = await Serving.open(await load(text), createLogger({ level: 'silent', write: () => {} }))
  t.teardown(() => serving.close())
  const side = await openAdminSide(serving, {
    isReady: () => true,
    health: async () => ({ probe: { status: 'degraded', detail: 'half of it' } }),
    metrics: async () => 'up 1\n',
    workersPage: () => undefined,
    reload: () => Promise.reject(new Error('nobody asks')),
    others: () => undefined
  })
  t.teardown(() => side.close())
  const get = async (path: string) => (await send({ url: side.url + path })).body.toString()
  t.equal(await get('/metrics'), 'up 1\n')
  t.match(JSON.parse(await get('/health/ready')), { status: 'ready', plugins: { probe: { status: 'degraded' } } })
  t.match(await get('/v1/routes'), /"chat"/)
  t.match(await get('/'), /<title>Tacit<\/title>/)
})
