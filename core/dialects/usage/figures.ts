/**
 * Keeps the figures of a usage object, and nothing else of what came with them:
 * an answer may tell its usage among its words. Bounded, whatever an upstream
 * writes. Pure.
 */
import { isObject, type JsonObject } from '../json.ts'

/** Objects and lists deeper than this hold no figures that anybody tells. */
const MAX_DEPTH = 3
/** More members than this has no usage. */
const MAX_MEMBERS = 64

/** Words without which a figure says nothing: what is counted, for how long it is kept, whose step it was. */
const WORDS: readonly string[] = ['modality', 'ttl', 'type', 'model']
const MAX_WORD_LENGTH = 256

/** The figures told so far and those told later, which replace them member by member; what is told no more stays. */
export function mergedFigures(before: JsonObject | undefined, later: JsonObject): JsonObject {
  const kept = keptOf(later, 0)
  if (before === undefined) return kept
  const all: Record<string, unknown> = { ...before }
  let room = MAX_MEMBERS - Object.keys(all).length
  for (const name in kept) {
    const isNew = !Object.hasOwn(all, name)
    if (isNew && room-- <= 0) continue
    const known = all[name]
    const value = kept[name]
    all[name] = isObject(known) && isObject(value) ? { ...known, ...value } : value
  }
  return all
}

function keptOf(figures: JsonObject, depth: number): Record<string, unknown> {
  const kept: Record<string, unknown> = {}
  let room = MAX_MEMBERS
  for (const name in figures) {
    if (name === '__proto__') continue
    const value = figureOf(name, figures[name], depth)
    if (value === undefined) continue
    if (room-- <= 0) break
    kept[name] = value
  }
  return kept
}

/** A number, a list or an object of numbers, or one of the words; undefined for anything else. */
function figureOf(name: string, value: unknown, depth: number): unknown {
  if (typeof value === 'number') return value
  if (typeof value === 'string') return WORDS.includes(name) && value.length <= MAX_WORD_LENGTH ? value : undefined
  if (typeof value !== 'object' || value === null || depth >= MAX_DEPTH) return undefined
  if (!Array.isArray(value)) return isObject(value) ? keptOf(value, depth + 1) : undefined
  return value.slice(0, MAX_MEMBERS).map(entry => figureOf('', entry, depth + 1) ?? null)
}
