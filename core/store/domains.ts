/** The claims of one call by their owners, and what is sent of them. Pure. */
import type { Claim } from '../plugin.ts'
import { ownerOf, settledAmount } from './claims.ts'
import { addClaim, keyNameOf } from './hold-words.ts'
import type { RedisArgument } from './redis.ts'

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

/** The claims of a domain as a script takes them, after what comes before. */
export function domainArguments(
  first: readonly RedisArgument[],
  { indexes }: Domain,
  claims: readonly Claim[]
): RedisArgument[] {
  const args = [...first]
  for (const index of indexes) {
    const claim = claims[index]
    if (claim !== undefined) addClaim(args, claim, claim.amount)
  }
  return args
}

/** Arguments that settle a hold at what was used; -1 stands for what was held. */
export function settleArguments(id: string, { indexes }: Domain, actual: readonly number[]): readonly RedisArgument[] {
  return [1, id, indexes.length, ...indexes.map(index => settledAmount(actual[index], AS_HELD))]
}

/** Arguments that take a hold back as if it had not been, also one that has not arrived yet. */
export function cancelArguments(id: string): readonly RedisArgument[] {
  return [1, id, 'x']
}

const AS_HELD = -1
