import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import Fastify from 'fastify'
import { mountGateway } from 'tacit-gateway'
import t from 'tap'
import { send } from '../support/client.ts'
import { routeOf, upstreamOf } from '../support/gateway.ts'
import { startUpstream } from '../support/upstream.ts'

async function mounted(t: { teardown(work: () => unknown): void; testdir(): string }, upstream: string) {
  const app = Fastify()
  t.teardown(() => app.close())
  const file = join(t.testdir(), 'gateway.yaml')
  const configuration = {
    version: 1,
    admin: { port: 0 },
    log: { level: 'silent' },
    upstreams: [upstreamOf([upstream])],
    routes: [routeOf({ match: { path: '/llm/*' }, stripPrefix: '/llm' })]
  }
  await writeFile(file, JSON.stringify(configuration))
  const gateway = await mountGateway(app, { file, prefix: '/llm' })
  app.get('/own', async () => 'own')
  return { app, gateway, url: await app.listen({ port: 0, host: '127.0.0.1' }) }
}

t.test('serves below its prefix, with health and metrics of its own', async t => {
  const upstream = await startUpstream(t, exchange => exchange.answer(200, {}, `upstream ${exchange.target}`))
  const { gateway, url } = await mounted(t, upstream.url)
  t.equal(gateway.url, '/llm')
  t.equal((await send({ url: `${url}/llm/v1/models?a` })).body.toString(), 'upstream /v1/models?a')
  t.equal((await send({ url: `${url}/own` })).body.toString(), 'own')
  t.equal((await send({ url: `${gateway.adminUrl}/health/ready` })).status, 200)
})

t.test('an application that closes lets the exchanges under way end, and closes the gateway', async t => {
  const asked = Promise.withResolvers<() => void>()
  const upstream = await startUpstream(t, exchange => asked.resolve(() => exchange.answer(200, {}, 'in time')))
  const { app, gateway, url } = await mounted(t, upstream.url)
  const sent = send({ url: `${url}/llm/x` })
  const answer = await asked.promise
  t.equal(gateway.inFlight, 1)
  const closing = app.close()
  answer()
  t.equal((await sent).body.toString(), 'in time')
  await closing
  await t.rejects(send({ url: `${gateway.adminUrl}/health/ready` }))
})
