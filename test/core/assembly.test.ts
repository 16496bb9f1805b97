import { join } from 'node:path'
import t from 'tap'
import { send } from '../support/client.ts'
import { routeOf, startTestGateway, upstreamOf } from '../support/gateway.ts'
import { startUpstream } from '../support/upstream.ts'

/** A plugin that notes its turns in a header of the request and of the response. */
const TRACING = `
import { definePlugin, Type } from 'tacit-gateway/plugin'
export default definePlugin({
  contract: 1, name: 'tracing', summary: 'Notes its turns.', data: { reads: [] },
  config: Type.Object({ name: Type.String() }),
  setup ({ name }, host) {
    let uses = 0
    return {
      upstreamRequestFilter (_exchange, request) { request.headers.append('x-way-in', name + ++uses) },
      responseFilter (_exchange, response) { response.headers.append('x-way-out', name + ' ' + host.instance) }
    }
  }
})`
const tracing = (name: string) => ({ use: './tracing.ts', config: { name } })
const files = { 'tracing.ts': TRACING }

t.test('runs plugins of the file, of the route and of the upstream in this order, and back in reverse', async t => {
  const upstream = await startUpstream(t, exchange => exchange.answer(200, {}, 'ok'))
  const gateway = await startTestGateway(
    t,
    {
      plugins: [tracing('file')],
      upstreams: [upstreamOf([upstream.url], { plugins: [tracing('upstream')] })],
      routes: [
        routeOf({ id: 'one', match: { path: '/one' }, plugins: [tracing('route-one')] }),
        routeOf({ id: 'two', match: { path: '/two' }, plugins: [tracing('route-two')] })
      ]
    },
    { files }
  )
  const one = await send({ url: `${gateway.url}/one` })
  t.equal(upstream.requests[0]?.headers['x-way-in'], 'file1, route-one1, upstream1')
  t.equal(one.headers['x-way-out'], 'upstream tracing#2, route-one tracing#3, file tracing')
  await send({ url: `${gateway.url}/two` })
  t.equal(upstream.requests[1]?.headers['x-way-in'], 'file2, route-two1, upstream2', 'one instance for each place')
})

t.test('a balancer on a route, and a plugin without a choice as a balancer, do not start', async t => {
  const upstream = await startUpstream(t)
  const parts = { upstreams: [upstreamOf([upstream.url])] }
  const wrongPlace = startTestGateway(t, { ...parts, routes: [routeOf({ plugins: [{ use: 'weighted' }] })] })
  await t.rejects(wrongPlace, { code: 'TACIT_PLUGIN_PHASES', message: /weighted.*gateway\.yaml:1/ })
  const balancer = upstreamOf([upstream.url], { balancer: tracing('none') })
  const wrongPlugin = startTestGateway(t, { upstreams: [balancer], routes: [routeOf()] }, { files })
  await t.rejects(wrongPlugin, { code: 'TACIT_PLUGIN_PHASES' })
})

t.test('says which file of authorities cannot be read', async t => {
  const ca = join(t.testdir(), 'none.pem')
  const starting = startTestGateway(t, {
    upstreams: [upstreamOf(['https://127.0.0.1:1'], { tls: { ca } })],
    routes: [routeOf()]
  })
  await t.rejects(starting, { code: 'TACIT_AUTHORITIES_UNREADABLE', message: /none\.pem/ })
})

t.test('puts the path of a peer in front, and labels it with its region', async t => {
  const upstream = await startUpstream(t, exchange => exchange.answer(200, {}, 'ok'))
  const choosing = `
    import { definePlugin, Type } from 'tacit-gateway/plugin'
    export default definePlugin({
      contract: 1, name: 'choosing', summary: 'Chooses by label.', data: { reads: [] }, config: Type.Object({}),
      setup: () => ({ upstreamPeer: (_exchange, peers) => peers.find(peer => peer.labels.region === 'south' && peer.labels.tier === 'gold') })
    })`
  const peers = [
    { id: 'north', url: 'http://127.0.0.1:1', region: 'north' },
    { id: 'south', url: `${upstream.url}/base/`, region: 'south', labels: { tier: 'gold' } }
  ]
  const gateway = await startTestGateway(
    t,
    { upstreams: [{ id: 'upstream', balancer: { use: './choosing.ts' }, peers }], routes: [routeOf()] },
    { files: { 'choosing.ts': choosing } }
  )
  t.equal((await send({ url: `${gateway.url}/x?y` })).status, 200)
  t.equal(upstream.requests[0]?.target, '/base/x?y')
})
