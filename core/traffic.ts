/**
 * What has gone through the gateway lately: figures that are counted anyway,
 * looked at every two seconds and kept for five minutes. Requests do not know of
 * it.
 */
import { DURATION_BOUNDS, type PeerFigures, type RouteFigures } from './measures.ts'
import { quantile } from './metrics/quantile.ts'

/** Time between two looks, in ms. */
export const SAMPLE_MS = 2_000
/** Looks that are kept. */
export const SAMPLES = 150
/** Routes and peers, of each so many, whose course is kept; of others only the sums are told. */
const MAX_SERIES = 200

/** What the figures are read from. */
export interface TrafficSource {
  routeFigures(): Iterable<RouteFigures>
  peerFigures(): Iterable<PeerFigures>
}

/** The course of something, one entry for each look, the latest last. */
export interface Course {
  readonly requests: readonly number[]
  readonly errors: readonly number[]
  /** Null while nothing ended. */
  readonly p50Ms: readonly (number | null)[]
  readonly p95Ms: readonly (number | null)[]
}

/** What was counted so far. */
interface Totals {
  readonly requests: number
  readonly errors: number
  readonly durations: ArrayLike<number>
}

const NOTHING: Course = Object.freeze({ requests: [], errors: [], p50Ms: [], p95Ms: [] })

/** The latest looks at one thing. */
class Series {
  readonly #requests = new Float64Array(SAMPLES)
  readonly #errors = new Float64Array(SAMPLES)
  readonly #p50Ms = new Float64Array(SAMPLES).fill(Number.NaN)
  readonly #p95Ms = new Float64Array(SAMPLES).fill(Number.NaN)
  #requestsBefore = 0
  #errorsBefore = 0
  readonly #durationsBefore = new Float64Array(DURATION_BOUNDS.length + 1)

  /** @param slot of this look. */
  add(slot: number, { requests, errors, durations }: Totals): void {
    const since = this.#durationsBefore.map((before, bucket) => (durations[bucket] ?? 0) - before)
    this.#requests[slot] = requests - this.#requestsBefore
    this.#errors[slot] = errors - this.#errorsBefore
    this.#p50Ms[slot] = (quantile(since, DURATION_BOUNDS, 0.5) ?? Number.NaN) * 1000
    this.#p95Ms[slot] = (quantile(since, DURATION_BOUNDS, 0.95) ?? Number.NaN) * 1000
    this.#requestsBefore = requests
    this.#errorsBefore = errors
    for (const bucket of this.#durationsBefore.keys()) this.#durationsBefore[bucket] = durations[bucket] ?? 0
  }

  /** What was counted before the first look is not of its time. */
  begin({ requests, errors, durations }: Totals): void {
    this.#requestsBefore = requests
    this.#errorsBefore = errors
    for (const bucket of this.#durationsBefore.keys()) this.#durationsBefore[bucket] = durations[bucket] ?? 0
  }

  course(slots: readonly number[]): Course {
    const at = (values: Float64Array) => slots.map(slot => values[slot] ?? 0)
    const known = (values: Float64Array) => slots.map(slot => orNull(values[slot]))
    return {
      requests: at(this.#requests),
      errors: at(this.#errors),
      p50Ms: known(this.#p50Ms),
      p95Ms: known(this.#p95Ms)
    }
  }
}

/** The figures of the last minutes. */
export class Traffic {
  readonly #source: TrafficSource
  readonly #total = new Series()
  readonly #routes = new Map<string, Series>()
  readonly #peers = new Map<string, Series>()
  #looks = 0

  constructor(source: TrafficSource) {
    this.#source = source
    const sums = new Sums()
    for (const figures of source.routeFigures()) sums.add(figures)
    this.#total.begin(sums)
  }

  /** Number of looks so far: that of the latest. */
  get looks(): number {
    return this.#looks
  }

  /** Takes a look; call it every {@link SAMPLE_MS}. */
  sample(): void {
    const slot = this.#looks % SAMPLES
    this.#looks++
    const sums = new Sums()
    for (const figures of this.#source.routeFigures()) {
      sums.add(figures)
      seriesOf(this.#routes, figures.route)?.add(slot, figures)
    }
    this.#total.add(slot, sums)
    for (const { upstream, peer, tries, failures, waits } of this.#source.peerFigures()) {
      const figures = { requests: tries, errors: failures, durations: waits }
      seriesOf(this.#peers, peerKey(upstream, peer))?.add(slot, figures)
    }
  }

  /** The number of the first look after `since` that is still kept. */
  firstAfter(since: number): number {
    return Math.max(Math.min(since, this.#looks), this.#looks - SAMPLES, 0) + 1
  }

  /** The course of everything, of the looks after `since`. */
  total(since: number): Course {
    return this.#total.course(this.#slots(since))
  }

  /** The course of one route. */
  route(id: string, since: number): Course {
    return this.#routes.get(id)?.course(this.#slots(since)) ?? NOTHING
  }

  /** The course of one peer: tries, and the time to the head of their answers. */
  peer(upstream: string, peer: string, since: number): Course {
    return this.#peers.get(peerKey(upstream, peer))?.course(this.#slots(since)) ?? NOTHING
  }

  #slots(since: number): readonly number[] {
    const first = this.firstAfter(since)
    return Array.from({ length: this.#looks - first + 1 }, (_, index) => (first - 1 + index) % SAMPLES)
  }
}

/** Figures of all routes together. */
class Sums implements Totals {
  requests = 0
  errors = 0
  readonly durations = new Float64Array(DURATION_BOUNDS.length + 1)

  add({ requests, errors, durations }: Totals): void {
    this.requests += requests
    this.errors += errors
    for (let bucket = 0; bucket < this.durations.length; bucket++) {
      this.durations[bucket] = (this.durations[bucket] ?? 0) + (durations[bucket] ?? 0)
    }
  }
}

function seriesOf(series: Map<string, Series>, key: string): Series | undefined {
  const found = series.get(key)
  if (found !== undefined || series.size >= MAX_SERIES) return found
  const made = new Series()
  series.set(key, made)
  return made
}

function peerKey(upstream: string, peer: string): string {
  return `${upstream}\0${peer}`
}

function orNull(value: number | undefined): number | null {
  return value === undefined || Number.isNaN(value) ? null : Math.round(value * 100) / 100
}
