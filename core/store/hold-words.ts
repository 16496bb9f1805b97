/** What the script of `limit-scripts.ts` is asked, and what it answers, in the words of the contract. Pure. */
import type { Claim, CounterName, Limit, Reading } from '../plugin.ts'
import { ownerOf, windowOf } from './claims.ts'

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

/** A claim, or a limit, as the script is told of it. @param amount in place of the claim's own. */
export function claimWords(claim: Limit & Partial<Claim>, amount: number): string {
  const { algorithm, limit, windowMs = 0, endsAt = NEVER, burst = limit } = claim
  const flags = (claim.final === true ? 1 : 0) + (claim.shadow === true ? 2 : 0) + (claim.lost === 'give_back' ? 4 : 0)
  const ends = algorithm === 'calendar' ? endsAt : NEVER
  return `${LETTERS[algorithm]} ${limit} ${windowMs} ${burst} ${amount} ${flags} ${ends}`
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
export function readHold(answer: string): DomainAnswer | undefined {
  if (answer === '') return undefined
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
export function readTake(answer: string): BlockAnswer | undefined {
  if (answer === '') return undefined
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
export function readReadings(answer: string): readonly Reading[] {
  const words = answer.split(' ')
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
