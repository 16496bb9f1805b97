/** Sends each try to the quicker of two peers drawn by weight, by the peak EWMA of the time to their first event. */
import {
  type Attempt,
  Duration,
  definePlugin,
  drawByWeight,
  type Exchange,
  type Facts,
  type Peer,
  privateKey,
  Share,
  TOKEN_USAGE,
  Type
} from 'tacit-gateway/plugin'
import { costMs, isClearlyCheaper } from './choice.ts'
import { explainDraw, explainProbe } from './explain.ts'
import { Memory } from './memory.ts'
import { perTokenMs, USUAL_TOKENS } from './per-token.ts'
import { penaltyMs, UNCLEAR_IN_ROW, verdictOf } from './verdict.ts'

/** The try whose answer the client is given, until it is known how long it took. */
const COMMITTED = privateKey<Attempt>('least-latency.committed')
/** Monotonic time at which the current try was sent on its way. */
const STARTED_AT = privateKey<number>('least-latency.started-at')

export default definePlugin({
  contract: 1,
  name: 'least-latency',
  summary: 'Prefers the peer that answers soonest.',
  config: Type.Object({
    measure: Type.String({
      enum: ['first-event', 'headers', 'output-token'],
      default: 'first-event',
      description:
        'What is compared: the time to the first event with content, or to the head, which is all that bodies have that are no stream; or the time for each token of output, which takes a plugin on the route that tells usage, such as `metering`.'
    }),
    decay: Duration({
      default: '10s',
      description: 'Time after which what was known of a peer has 37 % of its say against a new measurement.'
    }),
    probeShare: Share({
      default: '0.5%',
      description: 'Share of the tries that go to whichever peer was tried longest ago, so that a recovery is noticed.'
    }),
    failurePenalty: Duration({
      default: '5s',
      description: 'Latency that a failed try counts as, at least; doubled while failures go on, up to eight times.'
    })
  }),
  requiresAtEnd: ({ measure }) => (measure === 'output-token' ? [TOKEN_USAGE] : []),
  data: { reads: ['metadata'] },

  setup({ measure, decay, probeShare, failurePenalty }, host) {
    if (decay === 0 || failurePenalty === 0) throw new Error('`decay` and `failurePenalty` must be longer than 0ms.')
    if (probeShare > 1) throw new Error('`probeShare` must be at most 100%.')
    const memory = new Memory(decay)
    const { clock, random } = host
    const isPerToken = measure === 'output-token'
    /** What a whole try stands for is as many of these. */
    const parts = isPerToken ? USUAL_TOKENS : 1

    const latencyOf = ({ firstEventMs, headersMs }: Attempt): number | undefined =>
      measure === 'headers' ? headersMs : (firstEventMs ?? headersMs)
    const cost = (peer: Peer, now: number): number => costMs(memory.of(peer.id).latency.estimateMs(now), peer)

    const choose = (exchange: Exchange, peers: readonly Peer[], now: number): Peer | undefined => {
      if (probeShare > 0 && random() < probeShare) {
        const waiting = memory.longestWaiting(peers)
        if (exchange.isExplained) explainProbe(exchange, peers, waiting)
        return waiting
      }
      const first = drawByWeight(peers, random)
      if (first === undefined) return undefined
      const second = peers.length === 1 ? undefined : drawByWeight(peers, random, first)
      const firstMs = second === undefined ? 0 : cost(first, now)
      const secondMs = second === undefined ? 0 : cost(second, now)
      const chosen = second !== undefined && isClearlyCheaper(secondMs, firstMs) ? second : first
      if (exchange.isExplained) explainDraw(exchange, peers, { first, second, chosen, firstMs, secondMs })
      return chosen
    }

    return {
      upstreamPeer(exchange, peers) {
        const now = clock.monotonic()
        const chosen = choose(exchange, peers, now)
        if (chosen === undefined) return undefined
        memory.noteTurn(chosen.id, peers)
        exchange.set(STARTED_AT, now)
        return chosen
      },

      show() {
        const now = clock.monotonic()
        const shown: Record<string, Facts> = {}
        for (const [id, { latency, unclearInRow }] of memory.entries()) {
          shown[id] = { estimateMs: latency.estimateMs(now), unclearInRow }
        }
        return shown
      },

      upstreamResult(exchange, attempt) {
        const now = clock.monotonic()
        const elapsedMs = now - (exchange.get(STARTED_AT) ?? now)
        const entry = memory.of(attempt.peer.id)
        const { latency } = entry
        const verdict = verdictOf(attempt)
        entry.unclearInRow = verdict === 'unclear' ? entry.unclearInRow + 1 : 0
        if (verdict === 'answered') {
          if (isPerToken) exchange.set(COMMITTED, attempt)
          else latency.observe(latencyOf(attempt) ?? elapsedMs, now)
        } else if (verdict === 'failed' || entry.unclearInRow >= UNCLEAR_IN_ROW) {
          const knownMs = (latency.estimateMs(now) ?? 0) * parts
          latency.observeAtLeast(penaltyMs(failurePenalty, knownMs, elapsedMs, attempt.retryAfterMs) / parts, now)
        } else {
          latency.observeAtLeast(elapsedMs / parts, now)
        }
      },

      // With nothing to learn at the end, core need not tell of it.
      ...(isPerToken && {
        finish(exchange: Exchange) {
          const attempt = exchange.get(COMMITTED)
          const tokenMs = attempt && perTokenMs(attempt, exchange.get(TOKEN_USAGE)?.outputTokens ?? 0)
          if (tokenMs !== undefined) memory.of(attempt?.peer.id ?? '').latency.observe(tokenMs, clock.monotonic())
        }
      })
    }
  }
})
