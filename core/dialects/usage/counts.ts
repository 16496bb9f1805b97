/** Careful reading of counts that an upstream wrote: what is no whole number of things is none. Pure. */
import { isObject, type JsonObject } from '../json.ts'
import type { Places, Tally } from './facts.ts'

/**
 * A count: a whole number from 0 to 2^53 - 1. Undefined for anything else: null and text, which say nothing, and what
 * cannot be true. 0 is a count.
 */
export function asCount(value: unknown): number | undefined {
  // Negative zero is a zero.
  return Number.isSafeInteger(value) && Number(value) >= 0 ? Number(value) + 0 : undefined
}

/** The value at a place, its names, and numbers of entries, joined by dots; of own members only. */
export function valueAt(root: unknown, place: string): unknown {
  let value = root
  for (const name of namesOf(place)) {
    if (typeof value !== 'object' || value === null) return undefined
    if (Array.isArray(value)) value = value[Number(name)]
    else if (Object.hasOwn(value, name)) value = Reflect.get(value, name)
    else return undefined
  }
  return value
}

/** Places are facts: there are some hundreds of them, and each is looked at for every answer. */
const NAMES = new Map<string, readonly string[]>()
const MAX_KNOWN = 10_000

function namesOf(place: string): readonly string[] {
  const known = NAMES.get(place)
  if (known !== undefined) return known
  const names = place === '' ? [] : place.split('.')
  if (NAMES.size < MAX_KNOWN) NAMES.set(place, names)
  return names
}

/** The first count that stands at one of the places. */
export function firstCount(usage: JsonObject, places: Places | Tally | undefined): number | undefined {
  if (places === undefined) return undefined
  if (!('lists' in places)) {
    for (const place of places) {
      const count = asCount(valueAt(usage, place))
      if (count !== undefined) return count
    }
    return undefined
  }
  for (const place of places.lists) {
    const entries = valueAt(usage, place)
    if (Array.isArray(entries)) return tallied(entries, places)
  }
  return undefined
}

function tallied(entries: readonly unknown[], { by, word, counts }: Tally): number {
  let sum = 0
  for (const entry of entries) {
    if (!isObject(entry)) continue
    const said = entry[by]
    if (typeof said === 'string' && said.toLowerCase() === word) sum = added(sum, firstCount(entry, counts))
  }
  return sum
}

/** The sum of the counts at all of the places; undefined where there is none. */
export function sumOfCounts(usage: JsonObject, places: Places | undefined): number | undefined {
  let sum: number | undefined
  for (const place of places ?? []) {
    const count = asCount(valueAt(usage, place))
    if (count !== undefined) sum = added(sum ?? 0, count)
  }
  return sum
}

/** A sum that stays a count, however large its parts are. */
export function added(one: number, two: number | undefined): number {
  return Math.min(Number.MAX_SAFE_INTEGER, one + (two ?? 0))
}
