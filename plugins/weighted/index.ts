/** Sends tries to peers in turn, in proportion to their weights, without bursts: smooth weighted round robin. */
import { definePlugin, type Exchange, type Peer, Type } from 'tacit-gateway/plugin'
import { SmoothRoundRobin } from './smooth-round-robin.ts'

export default definePlugin({
  contract: 1,
  name: 'weighted',
  summary: 'Balances over the peers in proportion to their weights.',
  config: Type.Object({}),
  data: { reads: ['metadata'] },

  setup() {
    const turns = new SmoothRoundRobin()

    const explain = (exchange: Exchange, peers: readonly Peer[], chosen: Peer | undefined): void => {
      const equal = peers.every(peer => peer.weight === 0)
      if (chosen !== undefined) exchange.decide('peer', { peer: chosen.id, weight: chosen.weight })
      for (const { id, weight } of peers) {
        if (id === chosen?.id) continue
        const why = weight === 0 && !equal ? 'its weight is 0, and another peer is there' : 'its turn comes later'
        exchange.decide('not_chosen', { peer: id, why, weight, standing: turns.standingOf(id) })
      }
    }

    return {
      upstreamPeer(exchange, peers) {
        const chosen = turns.pick(peers)
        if (exchange.isExplained) explain(exchange, peers, chosen)
        return chosen
      }
    }
  }
})
