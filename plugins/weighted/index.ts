/** Sends tries to peers in turn, in proportion to their weights, without bursts: smooth weighted round robin. */
import { definePlugin, Type } from 'tacit-gateway/plugin'
import { SmoothRoundRobin } from './smooth-round-robin.ts'

export default definePlugin({
  contract: 1,
  name: 'weighted',
  summary: 'Balances over the peers in proportion to their weights.',
  config: Type.Object({}),
  data: { reads: ['metadata'] },

  setup() {
    const turns = new SmoothRoundRobin()
    return { upstreamPeer: (_exchange, peers) => turns.pick(peers) }
  }
})
