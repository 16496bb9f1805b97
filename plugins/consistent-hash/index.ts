/** Sends what belongs together to the same peer, as long as that has no more than its share. */
import {
  ByteSize,
  CONSUMER,
  type DownstreamRequest,
  definePlugin,
  type Exchange,
  type Peer,
  Share,
  Type
} from 'tacit-gateway/plugin'
import { cookieIn } from './cookies.ts'
import { hashBytes, hashText, ownerOf } from './hash.ts'
import { promptStart } from './prompt.ts'

/** Hashes of ids are kept for peers that are away for a while; beyond this many, all are worked out anew. */
const MAX_HASHES = 1_000

const NAME = /^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,128}$/

export default definePlugin({
  contract: 1,
  name: 'consistent-hash',
  summary: 'Sends what belongs together to the same peer.',
  config: Type.Object({
    by: Type.String({
      enum: ['consumer', 'header', 'cookie', 'prompt'],
      default: 'consumer',
      description:
        'What belongs together: requests of one consumer, with the same value of a header or a cookie, or whose prompts begin alike.'
    }),
    name: Type.Optional(
      Type.String({ minLength: 1, description: 'Name of the header or the cookie, with `by: header` or `by: cookie`.' })
    ),
    prefix: ByteSize({
      default: '1KiB',
      description: 'How much of the prompt must be the same, with `by: prompt`.'
    }),
    loadBound: Share({
      default: '125%',
      description:
        'Part of its share of all tries under way that a peer may have; a request that belongs to one with more goes to its second choice. `0%` for any number.'
    })
  }),
  data: { reads: ['metadata', 'identity', 'request-body'] },
  readsBody: ({ by }) => by === 'prompt',

  setup({ by, name = '', prefix, loadBound }) {
    const isNamed = by === 'header' || by === 'cookie'
    if (isNamed !== (name !== '')) {
      throw new Error(isNamed ? `\`by: ${by}\` needs a \`name\`.` : `\`by: ${by}\` takes no \`name\`.`)
    }
    if (isNamed && !NAME.test(name)) throw new Error('`name` is no name of a header or a cookie.')
    if (prefix === 0) throw new Error('`prefix` must be larger than 0B.')
    if (loadBound > 0 && loadBound < 1) throw new Error('`loadBound` must be at least 100%, or 0% for any number.')

    const hashes = new Map<string, number>()
    const hashOf = ({ id }: Peer): number => {
      const known = hashes.get(id)
      if (known !== undefined) return known
      if (hashes.size >= MAX_HASHES) hashes.clear()
      const hash = hashText(id)
      hashes.set(id, hash)
      return hash
    }

    /** Undefined where a request has nothing to go by. */
    const keyOf = (exchange: Exchange, { headers, body }: DownstreamRequest): number | undefined => {
      if (by === 'prompt') {
        const bytes = body.bytes()
        const start = promptStart(bytes)
        return bytes.length === 0 ? undefined : hashBytes(bytes, start, Math.min(bytes.length, start + prefix))
      }
      const text =
        by === 'consumer'
          ? exchange.get(CONSUMER)?.id
          : by === 'header'
            ? headers.get(name)
            : cookieIn(headers.get('cookie'), name)
      return text === undefined ? undefined : hashText(text)
    }

    const explain = (exchange: Exchange, peers: readonly Peer[], key: number, isKnown: boolean, chosen: Peer): void => {
      const first = ownerOf(peers, key, 0, hashOf)
      const why = !isKnown
        ? `the request has no ${by} to go by`
        : first === chosen
          ? `the request belongs to it by its ${by}`
          : `the peer that the request belongs to by its ${by} has its share`
      exchange.decide('peer', { peer: chosen.id, why })
      for (const peer of peers) {
        if (peer === chosen) continue
        const reason = peer === first ? 'it has its share of all tries under way' : 'the request does not belong to it'
        exchange.decide('not_chosen', { peer: peer.id, why: reason, inFlight: peer.inFlight })
      }
    }

    return {
      upstreamPeer(exchange, peers, request) {
        const known = keyOf(exchange, request)
        // Nothing belongs together then, so chance decides, the same for each try of one exchange.
        const key = known ?? hashText(exchange.id)
        const chosen = ownerOf(peers, key, loadBound, hashOf)
        if (chosen !== undefined && exchange.isExplained) explain(exchange, peers, key, known !== undefined, chosen)
        return chosen
      }
    }
  }
})
