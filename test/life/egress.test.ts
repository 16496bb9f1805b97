import { lookup } from 'node:dns/promises'
import { hostname } from 'node:os'
import t from 'tap'
import { isPublicAddress } from '../../core/upstream/public-addresses.ts'
import { send } from '../support/client.ts'
import { routeOf, startTestGateway, upstreamOf } from '../support/gateway.ts'
import { startUpstream } from '../support/upstream.ts'

/** A name that leads to this machine by an address that is not public; undefined where there is none. */
async function privateName(): Promise<string | undefined> {
  for (const name of [hostname().toLowerCase(), 'ip6-localhost', 'ip6-loopback', 'localhost.localdomain']) {
    const addresses = await lookup(name, { all: true }).catch(() => [])
    if (addresses.length > 0 && addresses.every(({ address }) => !isPublicAddress(address))) return name
  }
  return undefined
}
const name = await privateName()
const skip = name === undefined && 'no name of this machine leads to a private address'

t.test('an address that is written, and this machine by its name, are reached', async t => {
  const upstream = await startUpstream(t, exchange => exchange.answer(200, {}))
  for (const host of ['127.0.0.1', 'localhost']) {
    for (const transport of ['sockets', 'undici']) {
      const gateway = await startTestGateway(t, {
        upstreams: [upstreamOf([`http://${host}:${upstream.port}`], { transport })],
        routes: [routeOf()]
      })
      t.equal((await send({ url: gateway.url })).status, 200, `${host} by ${transport}`)
    }
  }
})

t.test('a name that leads to a private address is reached only where that is allowed', { skip }, async t => {
  for (const transport of ['sockets', 'undici']) {
    const upstream = await startUpstream(t, exchange => exchange.answer(200, {}))
    const ask = async (egress: object) => {
      const gateway = await startTestGateway(t, {
        upstreams: [upstreamOf([`http://${name}:${upstream.port}`], { transport, egress })],
        routes: [routeOf()]
      })
      return send({ url: gateway.url, method: 'POST', body: 'x' })
    }
    const refused = await ask({})
    t.strictSame([refused.status, upstream.connections], [502, 0], `nothing was connected to by ${transport}`)
    // A name of the machine may lead to addresses that the server does not listen on.
    const addresses = await lookup(name ?? '', { all: true })
    const isServed = addresses.some(({ address }) => address === '127.0.0.1')
    t.equal((await ask({ allow: [name] })).status, isServed ? 200 : 502, transport)
  }
})

t.test('a redirect is the client’s to follow', async t => {
  const other = await startUpstream(t, exchange => exchange.answer(200, {}, 'never'))
  const location = `${other.url}/secret`
  const upstream = await startUpstream(t, exchange => exchange.answer(307, { location }, 'elsewhere'))
  for (const transport of ['sockets', 'undici']) {
    const gateway = await startTestGateway(t, {
      upstreams: [upstreamOf([upstream.url], { transport, retry: { attempts: 3, on: ['reset', 503] } })],
      routes: [routeOf()]
    })
    const { status, headers, body } = await send({ url: gateway.url, method: 'POST', body: 'x' })
    t.strictSame([status, headers.location, body.toString()], [307, location, 'elsewhere'], transport)
  }
  t.equal(other.connections, 0)
})
