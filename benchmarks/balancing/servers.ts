/** Servers of a simulation: so many places each, and a line of those who wait. They know no balancer. */
import type { Peer } from '../../core/plugin.ts'

/** Requests that a server works on at once. */
const PLACES = 8
/** After so long a try is given up, in ms. */
export const GIVEN_UP_MS = 5_000
/** Spread of the times of one server: the standard deviation of their logarithm. */
const SPREAD = 0.25

/** One server. A request begins when a place is free, in the order in which requests came. */
export class Server implements Peer {
  readonly id: string
  readonly index: number
  readonly origin: URL
  readonly fullWeight = 1
  weight = 1
  readonly priority = 0
  readonly labels = {}
  inFlight = 0
  /** When each of its places is free again. */
  readonly #freeAtMs: number[] = Array<number>(PLACES).fill(0)

  constructor(index: number) {
    this.index = index
    this.id = `server-${index + 1}`
    this.origin = new URL(`http://${this.id}.test`)
  }

  /** When the first of its places is free, not before `nowMs`. */
  beginsAtMs(nowMs: number): number {
    return Math.max(nowMs, Math.min(...this.#freeAtMs))
  }

  /** Takes a request. @returns when its answer is there. */
  take(nowMs: number, serviceMs: number): number {
    const beginsMs = this.beginsAtMs(nowMs)
    const place = this.#freeAtMs.indexOf(Math.min(...this.#freeAtMs))
    // Whoever asked gives up, and the server notices.
    const endsMs = Math.min(beginsMs + serviceMs, Math.max(beginsMs, nowMs + GIVEN_UP_MS))
    this.#freeAtMs[place] = endsMs
    return beginsMs + serviceMs
  }
}

/** A time around the median: log-normal, by Box and Muller's transform. */
export function around(medianMs: number, random: () => number): number {
  const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
  return medianMs * Math.exp(SPREAD * normal)
}
