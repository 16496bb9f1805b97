/** What the scripts of `limit-scripts.ts` are sent, and what they answer, in the words of the contract. Pure. */
import type { Claim, CounterName, Limit, Reading } from '../plugin.ts'
import { ownerOf, windowOf } from './claims.ts'
import type { RedisArgument } from './redis.ts'

const LETTERS: { readonly [Algorithm in CounterName['algorithm']]: string } = {
  gcra: 'g',
  sliding: 'p',
  fixed: 'f',
  calendar: 's',
  total: 's',
  concurrency: 'c'
}

/** What is in place of a time that never comes. */
const NEVER = -1

/** The name of a counter's key among those of its owner. */
export function keyNameOf(named: CounterName): string {
  const { counter, algorithm } = named
  return `count:${algorithm}:${windowOf(named)}:${counter.slice(ownerOf(counter).length)}`
}

/** Adds a claim to the arguments of a script. @param amount in place of the claim's own. */
export function addClaim(args: RedisArgument[], claim: Limit & Partial<Claim>, amount: number): void {
  const { algorithm, limit, endsAt = NEVER, burst = limit } = claim
  const flags = (claim.final === true ? 1 : 0) + (claim.shadow === true ? 2 : 0) + (claim.lost === 'give_back' ? 4 : 0)
  args.push(LETTERS[algorithm], limit, claim.windowMs ?? 0, burst, amount, flags)
  args.push(algorithm === 'calendar' ? endsAt : NEVER)
}

/** What came of the claims of one owner. */
export type DomainAnswer =
  | {
      readonly granted: true
      readonly remaining: readonly number[]
      readonly resetMs: readonly number[]
      /** Indexes, among these claims, of those that would have refused on trial. */
      readonly shadowed: readonly number[]
    }
  | { readonly granted: false; readonly claim: number; readonly retryAfterMs: number }

/** Reads what a hold came to; undefined for one that is over. */
export function readHold(answer: unknown): DomainAnswer | undefined {
  if (typeof answer !== 'string') return undefined
  const words = answer.split(' ')
  if (words[0] === '0') return { granted: false, claim: Number(words[1]), retryAfterMs: timeOf(words[2]) }
  const remaining: number[] = []
  const resetMs: number[] = []
  let shadowed = NONE
  for (let at = 1; at + 2 < words.length; at += 3) {
    if (words[at + 2] === '1') shadowed = [...shadowed, remaining.length]
    remaining.push(Number(words[at]))
    resetMs.push(timeOf(words[at + 1]))
  }
  return { granted: true, remaining, resetMs, shadowed }
}

/** What came of asking for a block. */
export type BlockAnswer =
  | {
      readonly units: number
      readonly usableMs: number
      readonly remaining: number
      readonly resetMs: number
    }
  | { readonly units: 0; readonly retryAfterMs: number }

/** Reads what asking for a block came to; undefined for one that is over. */
export function readTake(answer: unknown): BlockAnswer | undefined {
  if (typeof answer !== 'string') return undefined
  const [granted, first, usableMs, remaining, resetMs] = answer.split(' ')
  if (granted === '0') return { units: 0, retryAfterMs: timeOf(first) }
  return {
    units: Number(first),
    usableMs: Number(usableMs),
    remaining: Number(remaining),
    resetMs: timeOf(resetMs)
  }
}

/** Reads how the counters of one owner stand. */
export function readReadings(answer: unknown): readonly Reading[] {
  const words = typeof answer === 'string' ? answer.split(' ') : []
  const readings: Reading[] = []
  for (let at = 0; at + 4 < words.length; at += 5) {
    readings.push({
      spent: Number(words[at]),
      held: Number(words[at + 1]),
      credit: Number(words[at + 2]),
      remaining: Number(words[at + 3]),
      resetMs: timeOf(words[at + 4])
    })
  }
  return readings
}

const NONE: readonly number[] = []

function timeOf(word: string | undefined): number {
  const ms = Number(word)
  return ms === NEVER ? Number.POSITIVE_INFINITY : ms
}
