/**
 * The addresses behind the name of a peer: asked for anew as time passes, with
 * the last good answer kept for when nobody answers, and judged before anything
 * is sent to them. Knows nothing of connections.
 *
 * The system's own resolver is asked, because it knows what the machine knows
 * (its files, its search domains). It tells no time to live, so an answer is
 * good for a time that the operator sets.
 */
import { type LookupAddress, lookup } from 'node:dns'
import type { LookupFunction } from 'node:net'
import type { Clock } from '../clock.ts'
import { GatewayError } from '../errors.ts'
import type { Alarm } from '../within.ts'
import type { Reach } from './reach.ts'

/** Finds the addresses of a name. */
export type Resolve = (name: string, done: (error: Error | null, addresses: readonly LookupAddress[]) => void) => void

/** How a name is looked up. */
export interface NameOptions {
  readonly reach: Reach
  /** How long an answer is good, in ms. */
  readonly refreshMs: number
  readonly clock: Clock
  /** By default as the machine does. */
  readonly resolve?: Resolve | undefined
  readonly alarm?: Alarm | undefined
  /** The name leads, as of now, to somewhere that may not be reached. Told once, until it leads elsewhere. */
  readonly refused?: (() => void) | undefined
}

/** How long whoever needs an address waits for a new answer while there is an old one, in ms. */
const PATIENCE_MS = 1_000

type Told = (error: Error | null, addresses: readonly LookupAddress[]) => void

/** One name. */
export class PeerName {
  readonly #name: string
  readonly #options: NameOptions
  readonly #waiting = new Set<Told>()
  /** The last answer that was good; never empty. */
  #good: readonly LookupAddress[] | undefined
  #askAgainMs = Number.NEGATIVE_INFINITY
  #askedMs = 0
  #isAsking = false
  #wasRefused = false
  /** Turns with each use, so that every address gets its share. */
  #turn = 0
  #moved: (() => void) | undefined

  constructor(name: string, options: NameOptions) {
    this.#name = name
    this.#options = options
  }

  /** Told when the name leads to other addresses than before. */
  onMove(moved: () => void): void {
    this.#moved = moved
  }

  /** Whether an address is, as far as is known, one of this name's. */
  has(address: string | undefined): boolean {
    return this.#good === undefined || this.#good.some(good => good.address === address)
  }

  /** Asks anew if the last answer is old. Costs a look at the clock otherwise. */
  keepFresh(nowMs: number): void {
    if (nowMs >= this.#askAgainMs && !this.#isAsking) this.#ask()
  }

  /** As `net.connect` wants it. */
  readonly lookup: LookupFunction = (_name, options, done) => {
    this.#find((error, addresses) => {
      const [first] = addresses
      if (error !== null || first === undefined) done(error ?? new Error('no address'), '')
      else if (options.all === true) done(null, [...addresses])
      else done(null, first.address, first.family)
    })
  }

  #find(told: Told): void {
    const nowMs = this.#options.clock.monotonic()
    const good = this.#good
    const isDue = nowMs >= this.#askAgainMs
    if (!isDue && !this.#isAsking) {
      if (good === undefined) told(addressRefused(), [])
      else told(null, this.#turned(good))
      return
    }
    const patienceMs = (this.#isAsking ? this.#askedMs : nowMs) + PATIENCE_MS - nowMs
    if (good !== undefined && patienceMs <= 0) {
      told(null, this.#turned(good))
      return
    }
    this.#waiting.add(good === undefined ? told : this.#patient(told, good, patienceMs))
    if (!this.#isAsking) this.#ask()
  }

  /** Waits for a new answer for a while, and goes with the old one then. */
  #patient(told: Told, good: readonly LookupAddress[], patienceMs: number): Told {
    const { alarm = unattended } = this.#options
    const patient: Told = (error, addresses) => {
      stop()
      told(error, addresses)
    }
    const stop = alarm(patienceMs, () => {
      this.#waiting.delete(patient)
      told(null, this.#turned(this.#good ?? good))
    })
    return patient
  }

  #ask(): void {
    this.#isAsking = true
    this.#askedMs = this.#options.clock.monotonic()
    const { resolve = resolveAll } = this.#options
    resolve(this.#name, (error, addresses) => this.#answered(error, addresses))
  }

  #answered(error: Error | null, addresses: readonly LookupAddress[]): void {
    const { clock, refreshMs, reach, refused } = this.#options
    this.#isAsking = false
    this.#askAgainMs = clock.monotonic() + refreshMs
    const isRefused = error === null && addresses.length > 0 && !reach.allows(this.#name, addresses)
    if (isRefused && !this.#wasRefused) refused?.()
    this.#wasRefused = isRefused
    if (isRefused) {
      // What the name led to before is no answer any more: somebody has moved it.
      this.#move(undefined)
      this.#tell(addressRefused(), [])
    } else if (error === null && addresses.length > 0) {
      this.#move(addresses)
      this.#tell(null, addresses)
    } else if (this.#good !== undefined) this.#tell(null, this.#good)
    else {
      // Nothing is known: the next one who needs it asks at once.
      this.#askAgainMs = Number.NEGATIVE_INFINITY
      this.#tell(error ?? new Error('no address'), [])
    }
  }

  #move(addresses: readonly LookupAddress[] | undefined): void {
    const before = this.#good
    this.#good = addresses
    const isSame =
      before?.length === addresses?.length && (addresses ?? []).every(({ address }) => isIn(before, address))
    if (before !== undefined && !isSame) this.#moved?.()
  }

  #tell(error: Error | null, addresses: readonly LookupAddress[]): void {
    const waiting = [...this.#waiting]
    this.#waiting.clear()
    for (const told of waiting) told(error, error === null ? this.#turned(addresses) : [])
  }

  #turned(addresses: readonly LookupAddress[]): readonly LookupAddress[] {
    const start = this.#turn++ % addresses.length
    return start === 0 ? addresses : [...addresses.slice(start), ...addresses.slice(0, start)]
  }
}

/** Whether a name means this machine and nothing else (RFC 6761, 6.3): it is as good as an address that was written. */
export function isLocalName(name: string): boolean {
  return name === 'localhost' || name.endsWith('.localhost')
}

/** Keeps no process alive. */
const unattended: Alarm = (delayMs, ring) => {
  const timer = setTimeout(ring, delayMs).unref()
  return () => clearTimeout(timer)
}

function isIn(addresses: readonly LookupAddress[] | undefined, wanted: string): boolean {
  return addresses?.some(({ address }) => address === wanted) ?? false
}

function addressRefused(): Error {
  return new GatewayError(
    'TACIT_PEER_REFUSED',
    'The name of a peer leads to an address that is not public and that nobody allowed.',
    'Name it under `egress.allow` of the upstream.'
  )
}

/** As the machine does it, its own files included. */
export const resolveAll: Resolve = (name, done) => {
  lookup(name, { all: true }, (error, addresses) => done(error, addresses ?? []))
}
