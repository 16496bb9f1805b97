/** Sends each try to the peer with fewer tries under way, of two or more drawn by weight. */
import { definePlugin, type Exchange, type Peer, Type } from 'tacit-gateway/plugin'
import { leastLoaded } from './choice.ts'

export default definePlugin({
  contract: 1,
  name: 'least-request',
  summary: 'Prefers the peer with the fewest requests under way.',
  config: Type.Object({
    choices: Type.Integer({
      minimum: 2,
      maximum: 100,
      default: 2,
      description:
        'How many peers are drawn, of which the least loaded gets the try. More than two make gateways agree more than is good.'
    })
  }),
  data: { reads: ['metadata'] },

  setup({ choices }, host) {
    const { random } = host

    const explain = (exchange: Exchange, peers: readonly Peer[], chosen: Peer): void => {
      const { id, inFlight, weight } = chosen
      exchange.decide('peer', { peer: id, why: `the least loaded of up to ${choices} drawn`, inFlight, weight })
      for (const other of peers) {
        if (other === chosen) continue
        const why = other.weight === 0 ? 'its weight is 0, and another peer is there' : 'not drawn, or no less loaded'
        exchange.decide('not_chosen', { peer: other.id, why, inFlight: other.inFlight, weight: other.weight })
      }
    }

    return {
      upstreamPeer(exchange, peers) {
        const chosen = leastLoaded(peers, choices, random)
        if (chosen !== undefined && exchange.isExplained) explain(exchange, peers, chosen)
        return chosen
      }
    }
  }
})
