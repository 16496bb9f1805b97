import { drive } from 'tacit-gateway/testing'
import t from 'tap'
import ipRestriction from '../../plugins/ip-restriction/index.ts'
import { send } from '../support/client.ts'
import { routeOf, startTestGateway, upstreamOf } from '../support/gateway.ts'
import { startUpstream } from '../support/upstream.ts'

/** The reason that a request from each address is refused for; undefined for those that pass. */
async function judged(config: Record<string, unknown>, addresses: readonly string[]) {
  const plugin = await drive(ipRestriction, config)
  const outcomes: (string | undefined)[] = []
  for (const clientIp of addresses) outcomes.push((await plugin.exchange({ clientIp }).run()).refused?.reason)
  t.strictSame(plugin.waited, [])
  return outcomes
}

t.test('lets those pass that are allowed, and of those none that is denied', async t => {
  const addresses = ['10.1.2.3', '10.9.0.1', '::ffff:10.1.2.3', '192.0.2.1', '2001:db8::1']
  t.strictSame(await judged({ allow: ['10.0.0.0/8', '2001:db8::/32'], deny: '10.9.0.0/16' }, addresses), [
    undefined,
    'address_denied',
    undefined,
    'address_denied',
    undefined
  ])
  t.strictSame(await judged({ deny: ['192.0.2.0/24'] }, addresses), [
    undefined,
    undefined,
    undefined,
    'address_denied',
    undefined
  ])
})

t.test('does not start with nothing to do, or with something that is no address', async t => {
  await t.rejects(drive(ipRestriction, {}), { message: /Give `allow`, `deny`, or both/ })
  await t.rejects(drive(ipRestriction, { allow: ['10.0.0.0/40'] }), { code: 'TACIT_CONFIG_INVALID' })
  await t.rejects(drive(ipRestriction, { allow: ['localhost'] }), { code: 'TACIT_CONFIG_INVALID' })
})

t.test('judges the address of the connection in a gateway, and believes no header of a client', async t => {
  const upstream = await startUpstream(t, exchange => exchange.answer(200, {}, 'hello'))
  const serve = async (config: object) => {
    const { url } = await startTestGateway(t, {
      upstreams: [upstreamOf([upstream.url])],
      routes: [routeOf({ plugins: [{ use: 'ip-restriction', config }] })]
    })
    return (await send({ url, headers: { 'x-forwarded-for': '192.0.2.7', 'x-real-ip': '192.0.2.7' } })).status
  }
  t.equal(await serve({ allow: ['127.0.0.0/8'] }), 200)
  t.equal(await serve({ allow: ['192.0.2.7'] }), 403)
})
