/**
 * Tells other gateways, and the other processes of this one, who was left out,
 * who rests, who was drained and who is back, by way of the store that they
 * share; and hears it from them. What checks say is each one's own: who is cut
 * off from a peer must not take it from all. What stands in the store is not
 * trusted to be well-formed.
 */
import { randomBytes } from 'node:crypto'
import type { Clock } from '../../clock.ts'
import type { Store } from '../../plugin.ts'
import type { StandingFacts, StandingReason, StandingState } from './standing.ts'

/** What is told of a peer. */
export interface SharedStanding {
  readonly state: 'drained' | 'ejected' | 'resting' | 'serving'
  readonly reason: StandingReason | null
  /** Until it ends by itself, in ms; null where it does not. */
  readonly leftMs: number | null
  readonly ejections: number
}

/** Who is told of what others have said. */
export interface StandingTaker {
  adopt(id: string, standing: SharedStanding): void
}

/** What sharing needs of the rest. */
export interface SharingParts {
  readonly upstream: string
  readonly store: Store
  readonly clock: Clock
  readonly taker: StandingTaker
}

const DAY_MS = 86_400_000
/** A peer that was drained stays so, even if every gateway is started anew. */
const DRAINED_MS = 30 * DAY_MS
const REASONS: ReadonlySet<unknown> = new Set<StandingReason | null>([
  'by_hand',
  'retry_after',
  'consecutive_5xx',
  'consecutive_gateway_failure',
  'success_rate',
  'failure_percentage',
  null
])

/** How one process shares the standings of one upstream's peers. */
export class Sharing {
  readonly #parts: SharingParts
  /** Tells what this process has written itself. */
  readonly #author = randomBytes(8).toString('hex')
  #peers: readonly string[] = []
  #version: string | undefined
  #isFirst = true
  readonly #seen = new Map<string, string>()
  #isTaking = false

  constructor(parts: SharingParts) {
    this.#parts = parts
  }

  /** Goes on with these peers, and hears what is said of them. */
  moveTo(peers: readonly { readonly id: string }[]): Promise<void> {
    this.#peers = peers.map(({ id }) => id)
    this.#isFirst = true
    return this.poll()
  }

  /** Tells a change of this process's own. What was heard from others is not told again. Never rejects. */
  async tell(id: string, state: StandingState, { reason, leftMs, ejections }: StandingFacts): Promise<void> {
    const shared = state === 'warming' ? 'serving' : state
    if (this.#isTaking || shared === 'probing' || shared === 'failing') return
    const { store, clock } = this.#parts
    const untilAt = leftMs === null ? null : Math.round(clock.now() + leftMs)
    const text = JSON.stringify({ author: this.#author, state: shared, reason, untilAt, ejections })
    try {
      await store.set(this.#key(id), text, shared === 'drained' ? DRAINED_MS : DAY_MS + (leftMs ?? 0))
      await store.increment(this.#key(''), 1, DAY_MS)
    } catch {
      // Who cannot be told goes by what it sees itself. How the store is, the store tells.
    }
  }

  /** Hears what has changed since the last time. Never rejects. */
  async poll(): Promise<void> {
    const { store } = this.#parts
    try {
      const version = await store.get(this.#key(''))
      if (version === this.#version && !this.#isFirst) return
      for (const id of this.#peers) this.#hear(id, await store.get(this.#key(id)))
      this.#version = version
      this.#isFirst = false
    } catch {
      // As above.
    }
  }

  #hear(id: string, text: string | undefined): void {
    if (text === undefined || this.#seen.get(id) === text) return
    this.#seen.set(id, text)
    const standing = parse(text, this.#author, this.#parts.clock.now())
    if (standing === undefined) return
    this.#isTaking = true
    try {
      this.#parts.taker.adopt(id, standing)
    } finally {
      this.#isTaking = false
    }
  }

  /** One key for each peer, and one that says whether any has changed. Ids hold no slash. */
  #key(peer: string): string {
    return `tacit.health/${this.#parts.upstream}/${peer}`
  }
}

/** Undefined for what this process has said itself, for what is over, and for what is nothing of the kind. */
function parse(text: string, self: string, nowAt: number): SharedStanding | undefined {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return undefined
  }
  if (typeof value !== 'object' || value === null || Reflect.get(value, 'author') === self) return undefined
  const state = stateOf(Reflect.get(value, 'state'))
  const reason = reasonOf(Reflect.get(value, 'reason'))
  const untilAt: unknown = Reflect.get(value, 'untilAt')
  const ejections: unknown = Reflect.get(value, 'ejections')
  if (state === undefined || reason === undefined) return undefined
  if (typeof ejections !== 'number' || !Number.isInteger(ejections) || ejections < 0 || ejections > 1_000)
    return undefined
  const leftMs = typeof untilAt === 'number' && Number.isFinite(untilAt) ? Math.min(untilAt - nowAt, DAY_MS) : null
  const ends = state === 'ejected' || state === 'resting'
  if (ends !== (leftMs !== null) || (leftMs !== null && leftMs <= 0)) return undefined
  return { state, reason, leftMs, ejections }
}

function stateOf(value: unknown): SharedStanding['state'] | undefined {
  return value === 'drained' || value === 'ejected' || value === 'resting' || value === 'serving' ? value : undefined
}

function reasonOf(value: unknown): StandingReason | null | undefined {
  return isReason(value) ? value : undefined
}

function isReason(value: unknown): value is StandingReason | null {
  return REASONS.has(value)
}
