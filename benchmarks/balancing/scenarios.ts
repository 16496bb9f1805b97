/** What happens to the servers of a simulation: how long each takes for a request, and when. Pure; chance is handed in. */

/** One world to balance in. Times in ms, from its beginning. */
export interface Scenario {
  readonly name: string
  /** In a sentence, for the report. */
  readonly about: string
  /** Requests per second, at random moments (a Poisson process). */
  readonly perSecond: number
  /**
   * The median time that server `index` of three takes for a request that it begins at `nowMs`; infinite for one that
   * never answers.
   */
  medianMs(index: number, nowMs: number, random: () => number): number
}

/** After so much of a run the one server of `recovering` is well again, and the three of `correlated` are slow. */
const HALF_MS = 60_000
const USUAL_MS = 200

/** Three servers of eight places each, of which all but a few worlds have one that is not well. */
export const SCENARIOS: readonly Scenario[] = [
  {
    name: 'even',
    about: 'All three take as long.',
    perSecond: 60,
    medianMs: () => USUAL_MS
  },
  {
    name: 'bimodal',
    about: 'One request in ten takes ten times as long, wherever it goes.',
    perSecond: 40,
    medianMs: (_index, _nowMs, random) => (random() < 0.1 ? 10 * USUAL_MS : USUAL_MS)
  },
  {
    name: 'degraded',
    about: 'One of three takes ten times as long.',
    perSecond: 10,
    medianMs: index => (index === 0 ? 10 * USUAL_MS : USUAL_MS)
  },
  {
    name: 'recovering',
    about: 'One of three takes ten times as long for a minute, and then no longer than the others.',
    perSecond: 10,
    medianMs: (index, nowMs) => (index === 0 && nowMs < HALF_MS ? 10 * USUAL_MS : USUAL_MS)
  },
  {
    name: 'correlated',
    about: 'After a minute all three take four times as long for ten seconds.',
    perSecond: 20,
    medianMs: (_index, nowMs) => (nowMs >= HALF_MS && nowMs < HALF_MS + 10_000 ? 4 * USUAL_MS : USUAL_MS)
  },
  {
    name: 'black hole',
    about: 'One of three never answers; after five seconds a try is given up, and its client has an error.',
    perSecond: 10,
    medianMs: index => (index === 0 ? Number.POSITIVE_INFINITY : USUAL_MS)
  }
]
