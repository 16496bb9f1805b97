/** The claims of one call by their owners, and what the store is asked about them. Pure. */
import type { Claim } from '../plugin.ts'
import { ownerOf, settledAmount } from './claims.ts'
import { claimWords, keyNameOf } from './hold-words.ts'

/** The claims of one call on counters of one owner, which are decided in one step. */
export interface Domain {
  readonly owner: string
  /** Of the leases, of the holds, and of each counter. */
  readonly keys: readonly string[]
  /** Which claims of the call. */
  readonly indexes: readonly number[]
  /** Whether anything of it has to be settled. */
  readonly isOpen: boolean
}

/** Names keys: all of one owner stand together. */
export type KeyNamer = (owner: string, name: string) => string

/** Groups claims by owner, in an order that is the same for everybody. */
export function domainsOf(claims: readonly Claim[], keyOf: KeyNamer): readonly Domain[] {
  const [first] = claims
  if (first === undefined) return []
  const owner = ownerOf(first.counter)
  // Mostly all of them are of one.
  if (claims.every(({ counter }) => counter.startsWith(owner) && ownerOf(counter) === owner)) {
    return [domainOf(owner, claims.length === 1 ? ONLY : [...claims.keys()], claims, keyOf)]
  }
  const owners = Map.groupBy(claims.keys(), index => ownerOf(claims[index]?.counter ?? ''))
  const domains = Array.from(owners, ([owner, indexes]) => domainOf(owner, indexes, claims, keyOf))
  return domains.sort((one, other) => (one.owner < other.owner ? -1 : 1))
}

const ONLY: readonly number[] = [0]

function domainOf(owner: string, indexes: readonly number[], claims: readonly Claim[], keyOf: KeyNamer): Domain {
  const keys = [keyOf(owner, 'leases'), keyOf(owner, 'holds')]
  let isOpen = false
  for (const index of indexes) {
    const claim = claims[index]
    if (claim === undefined) continue
    keys.push(keyOf(owner, keyNameOf(claim)))
    isOpen ||= claim.final !== true
  }
  return { owner, keys, indexes, isOpen }
}

/** The claims of a domain, as questions name them: how many, then these. */
export function claimsWords({ indexes }: Domain, claims: readonly Claim[]): string {
  let words = `${indexes.length}`
  for (const index of indexes) {
    const claim = claims[index]
    if (claim !== undefined) words += ` ${claimWords(claim, claim.amount)}`
  }
  return words
}

/** Settles a hold at what was used; -1 stands for what was held. */
export function settleWords(id: string, { indexes }: Domain, actual: readonly number[]): string {
  let words = `settle ${id} ${indexes.length}`
  for (const index of indexes) words += ` ${settledAmount(actual[index], AS_HELD)}`
  return words
}

/** Takes a hold back as if it had not been, also one that has not arrived yet. */
export function cancelWords(id: string): string {
  return `settle ${id} x`
}

const AS_HELD = -1
