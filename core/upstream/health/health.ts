/**
 * Which peers of an upstream are used. Learns from tries, from checks and from
 * operators, and leaves out those that do not do their work: Envoy's outlier
 * detection with a half-open end, rests, panic and slow start. One for each
 * upstream, for as long as there is an upstream of that name: a reload moves it
 * on to the new peers. Chooses nobody: that is the balancer's.
 */
import type { Clock } from '../../clock.ts'
import type { HealthConfiguration } from '../../configuration/health-schema.ts'
import type { Attempt } from '../../plugin.ts'
import { Timer, type TimerWheel } from '../../timers.ts'
import { allowedEjections, ejectionMs, warmth } from './arithmetic.ts'
import { countTry, judgeRates } from './outlier.ts'
import type { SharedStanding } from './sharing.ts'
import { Standing, type StandingFacts, type StandingReason, type StandingState } from './standing.ts'
import { verdictOf } from './verdict.ts'

/** A peer as far as its health goes. */
export interface WatchedPeer {
  readonly id: string
  readonly origin: URL
  /** As it counts now: less than `fullWeight` while the peer warms up. */
  weight: number
  readonly fullWeight: number
}

/** What balancers are offered in place of all peers. */
export interface Offer<Watched> {
  /** In the order of the configuration. Empty when nobody is left. */
  readonly peers: readonly Watched[]
  /** Whether a peer waits for a request that shows whether it is back. */
  readonly hasProbes: boolean
}

/** A try, as far as health learns from it. */
export interface WatchedAttempt extends Pick<Attempt, 'outcome' | 'status' | 'retryAfterMs'> {
  /** Monotonic ms; infinite for one that never began. */
  readonly startedMs: number
}

/** Told when a peer's state changes. */
export type StandingTold = (peer: string, state: StandingState, facts: StandingFacts) => void

/** What health needs of the rest. */
export interface HealthParts {
  readonly clock: Clock
  readonly wheel: TimerWheel
  readonly told: StandingTold
}

/** A probe that nothing was heard of for this long is given to another request. */
const PROBE_LOST_MS = 60_000
/** Steps in which a peer warms up. */
const WARM_STEPS = 20

/** The health of one upstream's peers. */
export class UpstreamHealth<Watched extends WatchedPeer> {
  /** Null while every peer is used with its full weight, which is what every try looks at. */
  offer: Offer<Watched> | null = null
  /** So few peers are left that all are used. */
  isPanicking = false
  readonly #parts: HealthParts
  readonly #timer: Due
  #settings: HealthConfiguration | undefined
  /** Whether an ejected peer comes back by a check rather than by a request of a client. */
  #checks = false
  #peers: readonly Watched[] = []
  #standings: ReadonlyMap<string, Standing> = new Map()
  #sweepDueMs: number | undefined
  #isStarted = false

  constructor(parts: HealthParts) {
    this.#parts = parts
    this.#timer = new Due(() => this.refresh())
  }

  /** Whether tries are looked at. */
  get watches(): boolean {
    return this.#settings !== undefined
  }

  /** Goes on with these peers. Those at the same place keep their standing; new ones warm up, unless all are new. */
  moveTo(peers: readonly Watched[], settings: HealthConfiguration | undefined): void {
    const nowMs = this.#parts.clock.monotonic()
    const places = new Map(this.#peers.map(({ id, origin }) => [id, origin.href]))
    const standings = new Map<string, Standing>()
    for (const { id, origin } of peers) {
      const known = places.get(id) === origin.href ? this.#standings.get(id) : undefined
      const standing = known ?? new Standing(nowMs)
      if (known === undefined && this.#isStarted && settings?.slowStart !== undefined) standing.warmFromMs = nowMs
      standings.set(id, standing)
    }
    this.#settings = settings
    this.#checks = settings?.check !== undefined
    this.#peers = peers
    this.#standings = standings
    this.#isStarted = true
    this.refresh()
  }

  /** Learns how a try went. */
  observe({ id }: Pick<WatchedPeer, 'id'>, attempt: WatchedAttempt): void {
    const standing = this.#standings.get(id)
    const settings = this.#settings
    if (standing === undefined || settings === undefined) return
    const verdict = verdictOf(attempt)
    const nowMs = this.#parts.clock.monotonic()
    if (verdict === 'ok') standing.answeredAtMs = nowMs
    if (verdict === 'limited') this.#limit(standing, attempt.retryAfterMs, settings, nowMs)
    if (standing.isEjected) {
      // What began before says nothing of how it is now.
      if (attempt.startedMs < standing.ejectedAtMs) return
      standing.probedAtMs = undefined
      if (verdict === 'ok' || verdict === 'limited') this.#comeBack(standing, nowMs)
      else if (verdict !== 'unclear' && nowMs >= standing.ejectedUntilMs) this.#leaveOut(standing, settings, nowMs)
      this.refresh()
      return
    }
    if (settings.outlier === undefined) return
    this.#sweepDueMs ??= this.#sweepAt(nowMs + settings.outlier.interval)
    const reason = countTry(standing, verdict, settings.outlier)
    if (reason !== undefined && this.#eject(standing, reason, nowMs)) this.refresh()
  }

  /** The peer that the next request shows to be back or not; undefined when none waits for one. */
  takeProbe(): Watched | undefined {
    const nowMs = this.#parts.clock.monotonic()
    for (const peer of this.#peers) {
      const standing = this.#standings.get(peer.id)
      if (standing?.state(nowMs) !== 'probing') continue
      if (standing.probedAtMs !== undefined && nowMs - standing.probedAtMs < PROBE_LOST_MS) continue
      standing.probedAtMs = nowMs
      return peer
    }
    return undefined
  }

  /** Learns what the latest checks of a peer say. */
  checked(id: string, isWell: boolean): void {
    const standing = this.#standings.get(id)
    if (standing === undefined) return
    const nowMs = this.#parts.clock.monotonic()
    const wasOut = standing.isFailing
    standing.isFailing = !isWell
    if (isWell && standing.state(nowMs) === 'probing') this.#comeBack(standing, nowMs)
    else if (isWell && wasOut) this.#warmUp(standing, nowMs)
    this.refresh()
  }

  /** Takes over what another gateway has said of a peer; no more are left out for it than may be. */
  adopt(id: string, { state, reason, leftMs, ejections }: SharedStanding): void {
    const standing = this.#standings.get(id)
    if (standing === undefined) return
    const nowMs = this.#parts.clock.monotonic()
    if (state === 'drained') standing.isDrained = true
    else if (state === 'resting') {
      standing.restUntilMs = nowMs + (leftMs ?? 0)
      standing.restReason = reason === 'by_hand' ? reason : 'retry_after'
    } else if (state === 'serving') {
      const wasOut = standing.isDrained || standing.isEjected
      standing.clear()
      if (wasOut) this.#warmUp(standing, nowMs)
    } else if (standing.isEjected || this.#eject(standing, reason ?? 'consecutive_5xx', nowMs)) {
      standing.ejectedUntilMs = nowMs + (leftMs ?? 0)
      standing.ejections = Math.max(1, ejections)
    }
    this.refresh()
  }

  /** A check was told to come again later. */
  limited(id: string, retryAfterMs: number): void {
    const standing = this.#standings.get(id)
    if (standing === undefined || this.#settings === undefined) return
    this.#limit(standing, retryAfterMs, this.#settings, this.#parts.clock.monotonic())
  }

  /** When a client was last answered well by this peer, in monotonic ms; undefined for never. */
  answeredAtMs(id: string): number | undefined {
    return this.#standings.get(id)?.answeredAtMs
  }

  /** Takes a peer out by hand: nothing new goes there until it is returned, whatever happens. @returns false for none of that name. */
  drain(id: string): boolean {
    return this.#byHand(id, standing => {
      standing.isDrained = true
    })
  }

  /** Lets a peer rest by hand: nothing new goes there for so long while another can be used. @returns false for none of that name. */
  rest(id: string, forMs: number): boolean {
    return this.#byHand(id, (standing, nowMs) => {
      standing.restUntilMs = nowMs + forMs
      standing.restReason = 'by_hand'
    })
  }

  /** Puts a peer back by hand, and forgets what counted against it; what checks say holds. @returns false for none of that name. */
  restore(id: string): boolean {
    return this.#byHand(id, (standing, nowMs) => {
      const wasOut = standing.isDrained || standing.isEjected
      standing.clear()
      if (wasOut) this.#warmUp(standing, nowMs)
    })
  }

  /** How a peer stands; undefined for none of that name. */
  factsOf(id: string): StandingFacts | undefined {
    return this.#standings.get(id)?.facts(this.#parts.clock.monotonic())
  }

  /** How a peer stands, to be read and written by who shares it; undefined for none of that name. */
  standingOf(id: string): Standing | undefined {
    return this.#standings.get(id)
  }

  /** Time until one of the peers that are left out may be tried again, in ms; undefined where that is unknown. */
  backInMs(): number | undefined {
    const nowMs = this.#parts.clock.monotonic()
    let leastMs: number | undefined
    for (const standing of this.#standings.values()) {
      if (standing.isDrained || !standing.isEjected) continue
      leastMs = Math.min(leastMs ?? Number.POSITIVE_INFINITY, Math.max(0, standing.ejectedUntilMs - nowMs))
    }
    return leastMs
  }

  /** Stops its timer. */
  close(): void {
    this.#parts.wheel.cancel(this.#timer)
    this.#isStarted = false
  }

  /** Works out anew who is used, tells what has changed, and waits for what ends next. */
  refresh(): void {
    const nowMs = this.#parts.clock.monotonic()
    if (this.#sweepDueMs !== undefined && nowMs >= this.#sweepDueMs) this.#sweep(nowMs)
    const used: Watched[] = []
    const rested: Watched[] = []
    let hasProbes = false
    for (const peer of this.#peers) {
      const standing = this.#standings.get(peer.id)
      if (standing === undefined) continue
      this.#warm(peer, standing, nowMs)
      const state = standing.state(nowMs)
      if (state === 'serving' || state === 'warming') used.push(peer)
      else if (state === 'resting') rested.push(peer)
      else if (state === 'probing') hasProbes ||= !this.#checks
      if (state !== standing.known) this.#tell(peer.id, standing, state, nowMs)
    }
    this.#offer(used, rested, hasProbes)
    this.#wait(nowMs)
  }

  #offer(used: readonly Watched[], rested: readonly Watched[], hasProbes: boolean): void {
    const all = this.#peers
    const left = used.length + rested.length
    this.isPanicking = left < all.length && left < all.length * (this.#settings?.panicThreshold ?? 0)
    if (used.length === all.length) this.offer = null
    else if (this.isPanicking) {
      this.offer = { peers: all.filter(({ id }) => this.#standings.get(id)?.isDrained === false), hasProbes: false }
    } else this.offer = { peers: used.length > 0 ? used : rested, hasProbes }
  }

  #limit(standing: Standing, retryAfterMs: number | undefined, { rest }: HealthConfiguration, nowMs: number): void {
    if (retryAfterMs === undefined || rest.max === 0) return
    const untilMs = nowMs + Math.min(retryAfterMs, rest.max)
    if (untilMs <= standing.restUntilMs) return
    standing.restUntilMs = untilMs
    standing.restReason = 'retry_after'
    this.refresh()
  }

  /** @returns false where that may not be. */
  #eject(standing: Standing, reason: StandingReason, nowMs: number): boolean {
    const settings = this.#settings
    if (settings?.outlier === undefined || standing.isDrained || standing.isFailing) return false
    const ejected = [...this.#standings.values()].filter(({ isEjected }) => isEjected).length
    if (ejected >= allowedEjections(this.#peers.length, settings.outlier.maxEjectionPercent)) return false
    standing.ejectedReason = reason
    this.#leaveOut(standing, settings, nowMs)
    return true
  }

  #leaveOut(standing: Standing, { outlier }: HealthConfiguration, nowMs: number): void {
    if (outlier === undefined) {
      // The settings have changed meanwhile, and nobody is left out for answers any more.
      standing.isEjected = false
      return
    }
    standing.isEjected = true
    standing.ejections++
    standing.ejectedAtMs = nowMs
    standing.ejectedUntilMs = nowMs + ejectionMs(outlier.baseEjectionTime, outlier.maxEjectionTime, standing.ejections)
    standing.clearCounts()
  }

  #comeBack(standing: Standing, nowMs: number): void {
    standing.isEjected = false
    standing.probedAtMs = undefined
    standing.clearCounts()
    this.#warmUp(standing, nowMs)
    const { outlier } = this.#settings ?? {}
    // Each interval without another ejection makes the next one shorter.
    if (outlier !== undefined) this.#sweepDueMs ??= this.#sweepAt(nowMs + outlier.interval)
  }

  #warmUp(standing: Standing, nowMs: number): void {
    if (this.#settings?.slowStart !== undefined) standing.warmFromMs = nowMs
  }

  #warm(peer: Watched, standing: Standing, nowMs: number): void {
    const slowStart = this.#settings?.slowStart
    if (standing.warmFromMs === undefined || slowStart === undefined) {
      standing.warmFromMs = undefined
      peer.weight = peer.fullWeight
      return
    }
    const part = warmth(nowMs - standing.warmFromMs, slowStart)
    peer.weight = peer.fullWeight * part
    if (part === 1) standing.warmFromMs = undefined
  }

  #byHand(id: string, change: (standing: Standing, nowMs: number) => void): boolean {
    const standing = this.#standings.get(id)
    if (standing === undefined) return false
    change(standing, this.#parts.clock.monotonic())
    this.refresh()
    return true
  }

  #tell(id: string, standing: Standing, state: StandingState, nowMs: number): void {
    standing.known = state
    standing.changedAtMs = nowMs
    this.#parts.told(id, state, standing.facts(nowMs))
  }

  #sweep(nowMs: number): void {
    this.#sweepDueMs = undefined
    const outlier = this.#settings?.outlier
    if (outlier === undefined) return
    const all = [...this.#standings.values()]
    for (const standing of all) if (!standing.isEjected && standing.ejections > 0) standing.ejections--
    const judged = all.filter(({ isEjected, isDrained }) => !isEjected && !isDrained)
    for (const [standing, reason] of judgeRates(judged, outlier)) this.#eject(standing, reason, nowMs)
    for (const standing of all) {
      standing.successes = 0
      standing.failures = 0
    }
    if (all.some(({ ejections }) => ejections > 0)) this.#sweepDueMs = nowMs + outlier.interval
  }

  #sweepAt(dueMs: number): number {
    this.#schedule(dueMs)
    return dueMs
  }

  /** Waits for whatever ends by itself first. */
  #wait(nowMs: number): void {
    let dueMs = this.#sweepDueMs ?? Number.POSITIVE_INFINITY
    const stepMs = Math.max(100, (this.#settings?.slowStart?.window ?? 0) / WARM_STEPS)
    for (const standing of this.#standings.values()) {
      if (standing.isEjected && standing.ejectedUntilMs > nowMs) dueMs = Math.min(dueMs, standing.ejectedUntilMs)
      if (standing.restUntilMs > nowMs) dueMs = Math.min(dueMs, standing.restUntilMs)
      if (standing.warmFromMs !== undefined) dueMs = Math.min(dueMs, nowMs + stepMs)
    }
    if (dueMs < Number.POSITIVE_INFINITY && this.#isStarted) this.#schedule(dueMs)
  }

  #schedule(dueMs: number): void {
    if (!this.#timer.scheduled || dueMs < this.#timer.dueAtMs) this.#parts.wheel.schedule(this.#timer, dueMs)
  }
}

/** What ends next. */
class Due extends Timer {
  readonly #come: () => void

  constructor(come: () => void) {
    super()
    this.#come = come
  }

  expire(): void {
    this.#come()
  }
}
