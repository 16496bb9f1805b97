/** What one gateway knows of its peers, in others: over a real Redis, and between the processes of one gateway. */
import t from 'tap'
import { digestOf } from '../core/admin/support.ts'
import { send } from '../support/client.ts'
import { routeOf, startTestGateway, type TestGateway, upstreamOf } from '../support/gateway.ts'
import { startRedis, withoutRedis } from '../support/redis.ts'
import { startUpstream, type Teardown } from '../support/upstream.ts'

// What the test runner puts into its children is not for those of the gateway.
delete process.env.NODE_OPTIONS
const TIMEOUT = { timeout: 120_000 }
const ENVIRONMENT = { environment: { DIGEST_KEY: 'key-of-these-tests' } }

/** Two servers that say who they are, and a configuration to reach them. */
async function servers(t: Teardown, more: object) {
  const started = await Promise.all(
    ['one', 'two'].map(name => startUpstream(t, exchange => exchange.answer(200, {}, name)))
  )
  return {
    digestKey: '${DIGEST_KEY}',
    admin: { port: 0, tokens: [{ id: 'ada', role: 'operator', keyHash: digestOf('secret') }] },
    upstreams: [
      upstreamOf(
        started.map(({ url }) => url),
        { balancer: { use: 'weighted' } }
      )
    ],
    routes: [routeOf()],
    ...more
  }
}

async function act(gateway: TestGateway, action: string): Promise<void> {
  const url = `${gateway.adminUrl}/v1/upstreams/upstream/peers/peer-1/${action}`
  const headers = { authorization: 'Bearer secret', 'content-type': 'application/json' }
  await send({ url, method: 'POST', headers, body: '{}' })
}

/** Asks until so many answers in a row were (or were not all) of the second server. */
async function comesTo(gateway: TestGateway, isAlone: boolean): Promise<void> {
  for (let inRow = 0; inRow < 40; ) {
    const answer = (await send({ url: gateway.url })).body.toString()
    if (isAlone) inRow = answer === 'two' ? inRow + 1 : 0
    else if (answer === 'one') return
  }
}

t.test(
  'a peer that is drained at one gateway is drained at all that share a Redis',
  { ...TIMEOUT, skip: withoutRedis },
  async t => {
    const redis = await startRedis(t)
    const configuration = await servers(t, { stores: { redis: { url: redis.url } } })
    const one = await startTestGateway(t, configuration, ENVIRONMENT)
    const other = await startTestGateway(t, configuration, ENVIRONMENT)
    await act(one, 'drain')
    await comesTo(other, true)
    await act(other, 'return')
    await comesTo(one, false)
    t.pass('and is back at all of them')
  }
)

t.test('what is done by hand reaches every process of a gateway', TIMEOUT, async t => {
  const gateway = await startTestGateway(t, await servers(t, { workers: 2 }), ENVIRONMENT)
  await act(gateway, 'drain')
  await comesTo(gateway, true)
  await act(gateway, 'return')
  await comesTo(gateway, false)
  t.pass('and so does its end')
})
