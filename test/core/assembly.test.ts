import { once } from 'node:events'
import { Socket } from 'node:net'
import { join } from 'node:path'
import t from 'tap'
import { keyedDigest } from '../../core/identity/digest.ts'
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

/** A plugin whose answers tell how often it has answered, and who tells when it is set up and closed. */
const COUNTING = `
import { definePlugin, Type } from 'tacit-gateway/plugin'
export default definePlugin({
  contract: 1, name: 'counting', summary: 'Counts its turns.', data: { reads: [] },
  config: Type.Object({
    name: Type.String(),
    to: Type.Optional(Type.String()),
    fails: Type.Boolean({ default: false }),
    failsToClose: Type.Boolean({ default: false })
  }),
  setup ({ name, to, fails, failsToClose }, host) {
    const notes = globalThis.countings ??= []
    if (to !== undefined) host.upstream(to)
    if (fails) throw new Error('The tide is out.')
    notes.push('open ' + name)
    let turns = 0
    return {
      responseFilter (_exchange, response) { response.headers.append('x-turns', host.instance + ' ' + name + ' ' + ++turns) },
      close () {
        notes.push('close ' + name)
        if (failsToClose) throw new Error('cannot')
      }
    }
  }
})`
const counting = (name: string, more: Readonly<Record<string, unknown>> = {}) => ({
  use: './counting.ts',
  config: { name, ...more }
})
const countingFiles = { 'counting.ts': COUNTING }

/** What the plugins above have told since the last call. */
function told(): readonly unknown[] {
  const notes: unknown = Reflect.get(globalThis, 'countings')
  return Array.isArray(notes) ? notes.splice(0) : []
}

t.test('keeps instances whose configuration has not changed, and sets up and closes only the others', async t => {
  const upstream = await startUpstream(t, exchange => exchange.answer(200, {}, 'ok'))
  const parts = { plugins: [counting('file')], upstreams: [upstreamOf([upstream.url])] }
  const one = routeOf({ id: 'one', match: { path: '/one' }, plugins: [counting('route-one')] })
  const two = (name: string) => routeOf({ id: 'two', match: { path: '/two' }, plugins: [counting(name)] })
  const gateway = await startTestGateway(t, { ...parts, routes: [one, two('route-two')] }, { files: countingFiles })
  const turns = async (path: string) => (await send({ url: gateway.url + path })).headers['x-turns']
  t.equal(await turns('/one'), 'counting#2 route-one 1, counting file 1')
  t.equal(await turns('/two'), 'counting#3 route-two 1, counting file 2')
  t.strictSame(told(), ['open file', 'open route-one', 'open route-two'])

  const zero = routeOf({ id: 'zero', match: { path: '/zero' }, plugins: [counting('route-zero')] })
  await gateway.rewrite({ ...parts, routes: [zero, { ...one, limits: { deadline: '1m' } }, two('changed')] })
  t.match(await gateway.reload(), { applied: true })
  t.equal(await turns('/one'), 'counting#2 route-one 2, counting file 3', 'a route of other limits keeps its plugins')
  t.equal(await turns('/two'), 'counting#3 changed 1, counting file 4')
  t.equal(await turns('/zero'), 'counting#4 route-zero 1, counting file 5')
  t.strictSame(told(), ['open route-zero', 'open changed', 'close route-two'])

  await gateway.close()
  t.strictSame(told(), ['close changed', 'close route-one', 'close route-zero', 'close file'])
})

t.test('closes what was replaced when the last exchange that uses it has ended', async t => {
  const upstream = await startUpstream(t)
  const parts = { upstreams: [upstreamOf([upstream.url])] }
  const routes = (name: string, more = {}) => [routeOf({ plugins: [counting('kept'), counting(name)], ...more })]
  const gateway = await startTestGateway(t, { ...parts, routes: routes('first') }, { files: countingFiles })
  told()
  const first = send({ url: gateway.url })
  const atFirst = await upstream.next()
  await gateway.rewrite({ ...parts, routes: routes('second') })
  await gateway.reload()
  const second = send({ url: gateway.url })
  const atSecond = await upstream.next()
  await gateway.rewrite({ ...parts, routes: routes('third') })
  await gateway.reload()
  t.strictSame(told(), ['open second', 'open third'])
  atSecond.answer(200, {}, 'ok')
  t.equal((await second).headers['x-turns'], 'counting#2 second 1, counting kept 1')
  t.strictSame(told(), ['close second'])
  atFirst.answer(200, {}, 'ok')
  t.equal((await first).headers['x-turns'], 'counting#2 first 1, counting kept 2')
  t.strictSame(told(), ['close first'])
})

t.test('an instance that cannot be set up changes nothing, and closes what was set up for it', async t => {
  const upstream = await startUpstream(t, exchange => exchange.answer(200, {}, 'ok'))
  const parts = { upstreams: [upstreamOf([upstream.url])] }
  const gateway = await startTestGateway(
    t,
    { ...parts, routes: [routeOf({ plugins: [counting('kept')] })] },
    { files: countingFiles }
  )
  told()
  const plugins = [counting('kept'), counting('new'), counting('failing', { fails: true })]
  await gateway.rewrite({ ...parts, routes: [routeOf({ plugins })] })
  t.match(await gateway.reload(), {
    applied: false,
    code: 'TACIT_PLUGIN_SETUP_FAILED',
    message: /counting#3 .*gateway\.yaml:1.*The tide is out\./
  })
  t.strictSame(told(), ['open new', 'close new'])
  t.equal((await send({ url: gateway.url })).headers['x-turns'], 'counting kept 1')
})

t.test('an instance does not stay whose upstream is gone', async t => {
  const upstream = await startUpstream(t)
  const routes = [routeOf({ plugins: [counting('sends', { to: 'other' })] })]
  const other = { ...upstreamOf([upstream.url]), id: 'other' }
  const gateway = await startTestGateway(
    t,
    { upstreams: [upstreamOf([upstream.url]), other], routes },
    { files: countingFiles }
  )
  await gateway.rewrite({ upstreams: [upstreamOf([upstream.url])], routes })
  t.match(await gateway.reload(), { applied: false, code: 'TACIT_PLUGIN_SETUP_FAILED', message: /"other"/ })
})

t.test('closes each instance whether or not another could be', async t => {
  const upstream = await startUpstream(t)
  const plugins = [counting('one'), counting('two', { failsToClose: true }), counting('three')]
  const gateway = await startTestGateway(
    t,
    { upstreams: [upstreamOf([upstream.url])], routes: [routeOf({ plugins })] },
    { files: countingFiles }
  )
  told()
  await gateway.close()
  t.strictSame(told(), ['close three', 'close two', 'close one'])
})

t.test('an instance that stays sees the consumers of the new file', async t => {
  const upstream = await startUpstream(t, exchange => exchange.answer(200, {}, 'ok'))
  const digestKey = 'a-key-of-sixteen-characters'
  const team = (id: string, key: string) => ({
    id,
    credentials: { 'key-auth': { keyHash: keyedDigest(digestKey, key) } }
  })
  const parts = {
    digestKey,
    upstreams: [upstreamOf([upstream.url])],
    routes: [routeOf({ plugins: [{ use: 'key-auth' }] })]
  }
  const gateway = await startTestGateway(t, { ...parts, consumers: [team('old', 'old-key')] })
  const status = async (key: string) =>
    (await send({ url: gateway.url, headers: { authorization: `Bearer ${key}` } })).status
  t.strictSame([await status('old-key'), await status('new-key')], [200, 401])
  await gateway.rewrite({ ...parts, consumers: [team('new', 'new-key')] })
  t.match(await gateway.reload(), { applied: true })
  t.strictSame([await status('old-key'), await status('new-key')], [401, 200])
})

t.test('keeps connections to peers that have not changed, and closes the others when they are idle', async t => {
  const [kept, gone] = [await startUpstream(t), await startUpstream(t)]
  const upstreams = (...urls: readonly string[]) => [upstreamOf(urls, { connections: { keepAlive: '60s' } })]
  const routes = [routeOf()]
  const gateway = await startTestGateway(t, { upstreams: upstreams(kept.url, gone.url), routes })
  const sockets: Socket[] = []
  for (const upstream of [kept, gone]) {
    const answer = send({ url: gateway.url })
    const exchange = await upstream.next()
    sockets.push(exchange.socket)
    exchange.answer(200, {}, 'ok')
    await answer
  }
  const closed = once(sockets[1] ?? new Socket(), 'close')
  await gateway.rewrite({ upstreams: upstreams(kept.url), routes })
  t.match(await gateway.reload(), { applied: true })
  await closed
  kept.handle(next => next.answer(200, {}, 'ok'))
  t.equal((await send({ url: gateway.url })).status, 200)
  t.strictSame([kept.connections, gone.connections], [1, 1], 'over the connection that was there')
})
