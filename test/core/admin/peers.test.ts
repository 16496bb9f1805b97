import t from 'tap'
import { send } from '../../support/client.ts'
import { digestOf, startAdminGateway } from './support.ts'

const tokens = (['viewer', 'operator'] as const).map(role => ({ id: role, role, keyHash: digestOf(role) }))
const TOKENS = { admin: { port: 0, tokens } }
const PEERS = '/v1/upstreams/upstream/peers'

t.test('a peer is drained, rests and is returned by hand, by operators alone', async t => {
  const { gateway, ask } = await startAdminGateway(t, TOKENS)
  const post = (path: string, token = 'operator', body?: unknown) =>
    ask(`${PEERS}${path}`, { method: 'POST', token, ...(body !== undefined && { body }) })
  const states = async () => {
    const [, answer] = await ask('/v1/upstreams', { token: 'viewer' })
    return statesIn(answer)
  }
  t.match(await post('/peer-1/drain', 'viewer'), [403, { reason: 'role_too_low' }])
  t.strictSame(await states(), ['serving', 'serving'])
  t.strictSame(await post('/peer-1/drain'), [200, { upstream: 'upstream', peer: 'peer-1', state: 'drained' }])
  t.strictSame(await states(), ['drained', 'serving'])
  t.match(await post('/peer-2/drain'), [200, { state: 'drained' }])
  const { status, body } = await send({ url: `${gateway.url}/x`, headers: { host: 'chat.example' } })
  t.equal(status, 503)
  t.match(body.toString(), /no_healthy_peer/)
  t.match(await post('/peer-1/return'), [200, { state: 'serving' }])
  t.match(await post('/peer-2/return'), [200, { state: 'serving' }])
  t.match(await post('/peer-2/rest', 'operator', { forMs: 60_000 }), [200, { state: 'resting' }])
  t.match(await ask('/v1/upstreams', { token: 'viewer' }), [
    200,
    {
      upstreams: [
        {
          panicking: false,
          places: { inFlight: 0, waiting: 0, retries: 0 },
          peers: [
            { state: 'serving', reason: null, leftMs: null, ejections: 0 },
            { state: 'resting', reason: 'by_hand', priority: 0 }
          ]
        }
      ]
    }
  ])
  t.equal((await send({ url: `${gateway.url}/x`, headers: { host: 'chat.example' } })).status, 200)
})

t.test('what is not there cannot be taken out, and nobody rests for ever', async t => {
  const { ask } = await startAdminGateway(t, TOKENS)
  const post = (path: string, body?: unknown) =>
    ask(path, { method: 'POST', token: 'operator', ...(body !== undefined && { body }) })
  t.match(await post(`${PEERS}/peer-9/drain`), [404, { reason: 'no_such_peer' }])
  t.match(await post('/v1/upstreams/other/peers/peer-1/return'), [404, { reason: 'no_such_peer' }])
  t.match(await post(`${PEERS}/peer-1/rest`, { forMs: 0 }), [400, { reason: 'invalid_request' }])
  t.match(await post(`${PEERS}/peer-1/rest`, { forMs: 86_400_001 }), [400, { reason: 'invalid_request' }])
})

function statesIn(answer: unknown): readonly unknown[] {
  const text = JSON.stringify(answer)
  return [...text.matchAll(/"state":"([a-z]+)"/g)].map(([, state]) => state)
}
