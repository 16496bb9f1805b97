/** Tests of the balancer, without a gateway. */
import { deepEqual, equal, ok } from 'node:assert/strict'
import { test } from 'node:test'
import type { Peer } from 'tacit-gateway/plugin'
import { contract, drive } from 'tacit-gateway/testing'
import conversation from './conversation.ts'
import sticky from './sticky.ts'

const peer = (id: string, weight = 1): Peer => ({
  id,
  origin: new URL(`http://${id}.test`),
  weight,
  priority: 0,
  labels: {},
  inFlight: 0
})

/** Which of `peers` each of a thousand conversations goes to. */
async function choices(peers: readonly Peer[]): Promise<readonly (string | undefined)[]> {
  const noting = await drive(conversation)
  const balancer = await drive(sticky, {}, { place: 'balancer' })
  return Array.from({ length: 1000 }, (_, index) => {
    const noted = noting.exchange({ headers: { 'x-conversation-id': `conversation ${index}` } })
    void noted.requestFilter()
    // Both plugins see the same exchange in a gateway; here one takes over what the other has noted.
    const exchange = balancer.exchange()
    exchange.exchange.get = key => noted.exchange.get(key)
    return exchange.upstreamPeer(peers)?.id
  })
}

test('the same conversation goes to the same peer', async () => {
  const peers = [peer('a'), peer('b'), peer('c')]
  deepEqual(await choices(peers), await choices(peers.toReversed()))
})

test('only the conversations of a peer that leaves move', async () => {
  const before = await choices([peer('a'), peer('b'), peer('c')])
  const after = await choices([peer('a'), peer('c')])
  equal(before.filter((id, index) => id !== 'b' && id !== after[index]).length, 0)
})

test('peers get conversations by their weight', async () => {
  const chosen = await choices([peer('a'), peer('b', 3)])
  const share = chosen.filter(id => id === 'b').length / chosen.length
  ok(share > 0.7 && share < 0.8, `${share}`)
})

test('both keep the contract', async () => {
  deepEqual((await contract(sticky, {}, { place: 'balancer' })).findings, [])
  deepEqual((await contract(conversation)).findings, [])
})
