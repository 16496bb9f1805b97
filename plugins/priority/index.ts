/** Leaves the balancer the peers of one tier: the first, and others as far as the first cannot carry the load. */
import { definePlugin, type Exchange, type Peer, Share, Type } from 'tacit-gateway/plugin'
import { drawTier, type Tier, tiersOf } from './tiers.ts'

export default definePlugin({
  contract: 1,
  name: 'priority',
  summary: 'Uses peers by tiers, and spills over to the next.',
  config: Type.Object({
    overprovisioning: Share({
      default: '140%',
      description:
        'How much of its usual load a peer can carry while others of its tier are out of use. At 140% a tier spills over once less than 72% of its weight is in use. 100% for at once.'
    }),
    maxInFlight: Type.Optional(
      Type.Integer({
        minimum: 1,
        description:
          'Tries under way at which a peer is full: a tier of full peers spills over. Any number, if not given.'
      })
    )
  }),
  data: { reads: ['metadata'] },

  setup({ overprovisioning, maxInFlight = Number.POSITIVE_INFINITY }, { random }) {
    if (overprovisioning < 1) throw new Error('`overprovisioning` must be at least 100%.')

    const explain = (exchange: Exchange, peers: readonly Peer[], chosen: Tier<Peer>): void => {
      exchange.decide('tier', { priority: chosen.priority, strength: chosen.strength })
      for (const peer of peers) {
        if (chosen.peers.includes(peer)) continue
        const { id, priority, inFlight } = peer
        const isOther = priority !== chosen.priority
        const why = isOther ? `it is of tier ${priority}, and this try is for tier ${chosen.priority}` : 'it is full'
        exchange.decide('not_chosen', { peer: id, why, priority, inFlight })
      }
    }

    return {
      upstreamPeers(exchange, peers, all) {
        const tiers = tiersOf(peers, all, maxInFlight)
        const [first] = tiers
        // Where everybody is full it is left to the balancer.
        if (first === undefined) return peers
        let tier = first
        if (tiers.length > 1 && first.strength * overprovisioning < 1) {
          const strengths = tiers.map(({ strength }) => strength)
          tier = tiers[drawTier(strengths, overprovisioning, random())] ?? first
        }
        if (exchange.isExplained) explain(exchange, peers, tier)
        return tier.peers
      }
    }
  }
})
