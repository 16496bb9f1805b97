/**
 * How one peer stands: whether it is used, and if not, since when, until when
 * and why. Outlives a reload. Knows nothing of other peers, and decides nothing.
 */

/** Why a peer is left out, or was the last time. */
export type StandingReason =
  | 'by_hand'
  | 'retry_after'
  | 'consecutive_5xx'
  | 'consecutive_gateway_failure'
  | 'success_rate'
  | 'failure_percentage'
  | 'check_failed'

/**
 * serving: used as ever. warming: used with less than its weight. resting: not used while another peer can be.
 * ejected: left out for its answers. probing: that time is over, and one request shows whether it is back.
 * failing: left out, because its checks fail. drained: taken out by hand.
 */
export type StandingState = 'serving' | 'warming' | 'resting' | 'ejected' | 'probing' | 'failing' | 'drained'

/** A standing, to be shown. */
export interface StandingFacts {
  readonly state: StandingState
  /** Null while it serves. */
  readonly reason: StandingReason | null
  /** Time in this state so far, in ms. */
  readonly forMs: number
  /** Until the state ends by itself, in ms; null where it does not. */
  readonly leftMs: number | null
  /** How often in a row it was left out for its answers. */
  readonly ejections: number
  readonly consecutive5xx: number
  readonly consecutiveGatewayFailure: number
}

/** One peer's standing. All times monotonic, in ms. */
export class Standing {
  /** Taken out by hand, until it is returned. */
  isDrained = false
  /** Not used before this while another peer can be. */
  restUntilMs = 0
  restReason: 'by_hand' | 'retry_after' = 'retry_after'
  /** Left out for its answers; after `ejectedUntilMs` one request shows whether it is back. */
  isEjected = false
  ejectedAtMs = 0
  ejectedUntilMs = 0
  ejectedReason: StandingReason = 'consecutive_5xx'
  /** How often in a row it was left out: each time is longer than the one before. */
  ejections = 0
  /** Active checks have failed so often that it is left out. */
  isFailing = false
  /** When it began to warm up; undefined when it has its full weight. */
  warmFromMs: number | undefined
  /** When a request was last sent as a probe that has not been answered; undefined for none. */
  probedAtMs: number | undefined
  /** The state that was last told, and since when it holds. */
  known: StandingState = 'serving'
  changedAtMs: number

  /** When a client was last answered well; undefined for never. */
  answeredAtMs: number | undefined
  consecutive5xx = 0
  consecutiveGatewayFailure = 0
  /** Tries of the present interval that say something. */
  successes = 0
  failures = 0

  constructor(nowMs: number) {
    this.changedAtMs = nowMs
  }

  /** What holds now: what is strongest, where several do. */
  state(nowMs: number): StandingState {
    if (this.isDrained) return 'drained'
    if (this.isEjected) return nowMs < this.ejectedUntilMs ? 'ejected' : 'probing'
    if (this.isFailing) return 'failing'
    if (nowMs < this.restUntilMs) return 'resting'
    return this.warmFromMs === undefined ? 'serving' : 'warming'
  }

  /** To be shown. */
  facts(nowMs: number): StandingFacts {
    const state = this.state(nowMs)
    const { ejections, consecutive5xx, consecutiveGatewayFailure } = this
    return {
      state,
      reason: this.#reason(state),
      forMs: nowMs - this.changedAtMs,
      leftMs: this.#untilMs(state, nowMs),
      ejections,
      consecutive5xx,
      consecutiveGatewayFailure
    }
  }

  /** Forgets what counted against it. */
  clear(): void {
    this.isDrained = false
    this.restUntilMs = 0
    this.isEjected = false
    this.ejections = 0
    this.probedAtMs = undefined
    this.clearCounts()
  }

  /** Begins to count anew. */
  clearCounts(): void {
    this.consecutive5xx = 0
    this.consecutiveGatewayFailure = 0
    this.successes = 0
    this.failures = 0
  }

  #reason(state: StandingState): StandingReason | null {
    switch (state) {
      case 'drained':
        return 'by_hand'
      case 'ejected':
      case 'probing':
        return this.ejectedReason
      case 'failing':
        return 'check_failed'
      case 'resting':
        return this.restReason
      default:
        return null
    }
  }

  #untilMs(state: StandingState, nowMs: number): number | null {
    if (state === 'ejected') return this.ejectedUntilMs - nowMs
    return state === 'resting' ? this.restUntilMs - nowMs : null
  }
}
