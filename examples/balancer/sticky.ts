/**
 * A balancer: the same conversation goes to the same peer, whose cache knows its
 * beginning. Rendezvous hashing (Thaler and Ravishankar, 1998): when a peer
 * leaves, only its own conversations move.
 */
import { createHash } from 'node:crypto'
import { definePlugin, type Peer, privateKey, Type } from 'tacit-gateway/plugin'

const CONVERSATION = privateKey<string>('sticky.conversation')

/** A number in [0, 1) that depends on both names and nothing else. */
function draw(conversation: string, peer: string): number {
  return createHash('sha256').update(`${peer}\0${conversation}`).digest().readUInt32BE() / 2 ** 32
}

/** A peer of twice the weight gets twice the conversations: the logarithm makes the draw exponential. */
function score(conversation: string, { id, weight }: Peer): number {
  return weight / -Math.log(Math.max(draw(conversation, id), Number.MIN_VALUE))
}

/** Notes which conversation a request belongs to: a route's plugin, so that others may know it, too. */
export const conversation = definePlugin({
  contract: 1,
  name: 'conversation',
  summary: 'Knows a conversation by a header.',
  config: Type.Object({
    header: Type.String({ default: 'x-conversation-id', description: 'Header that names the conversation.' })
  }),
  data: { reads: ['metadata'] },
  setup: ({ header }) => ({
    requestFilter(exchange, request) {
      exchange.set(CONVERSATION, request.headers.get(header) ?? exchange.id)
    }
  })
})

export default definePlugin({
  contract: 1,
  name: 'sticky',
  summary: 'Keeps a conversation at one peer.',
  config: Type.Object({}),
  data: { reads: ['metadata'] },

  setup: () => ({
    upstreamPeer(exchange, peers) {
      const name = exchange.get(CONVERSATION) ?? exchange.id
      const chosen = peers.reduce((best, peer) => (score(name, peer) > score(name, best) ? peer : best))
      exchange.decide('peer', { peer: chosen.id })
      return chosen
    }
  })
})
