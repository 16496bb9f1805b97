/** Leaves the balancer the peers of the nearest region that has enough of them in use. */
import { definePlugin, type Exchange, type Peer, Share, Type } from 'tacit-gateway/plugin'

export default definePlugin({
  contract: 1,
  name: 'nearest-region',
  summary: 'Prefers peers of the nearest region.',
  config: Type.Object({
    order: Type.Array(Type.String({ minLength: 1 }), {
      minItems: 1,
      description: 'Regions as the peers name them, the nearest first. Peers of other regions, or of none, come last.'
    }),
    minInUse: Share({
      default: '50%',
      description:
        'Part of the weight up to a region that must be in use for it to be preferred; with less it shares the load with the next.'
    })
  }),
  data: { reads: ['metadata'] },

  setup({ order, minInUse }) {
    if (minInUse > 1) throw new Error('`minInUse` must be at most 100%.')
    if (new Set(order).size < order.length) throw new Error('`order` names a region twice.')

    const rankOf = ({ labels: { region } }: Peer): number => {
      const rank = region === undefined ? -1 : order.indexOf(region)
      return rank === -1 ? order.length : rank
    }

    const explain = (exchange: Exchange, peers: readonly Peer[], left: readonly Peer[]): void => {
      for (const peer of peers) {
        if (left.includes(peer)) continue
        exchange.decide('not_chosen', { peer: peer.id, why: 'a nearer region is there', region: peer.labels.region })
      }
    }

    return {
      upstreamPeers(exchange, peers, all) {
        for (let rank = 0; rank < order.length; rank++) {
          const near = peers.filter(peer => rankOf(peer) <= rank)
          if (near.length === 0) continue
          const whole = weightOf(all.filter(peer => rankOf(peer) <= rank))
          if (whole > 0 && weightOf(near) / whole < minInUse) continue
          if (exchange.isExplained) explain(exchange, peers, near)
          return near
        }
        return peers
      }
    }
  }
})

function weightOf(peers: readonly Peer[]): number {
  return peers.reduce((sum, { weight }) => sum + weight, 0)
}
