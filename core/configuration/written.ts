/**
 * A configuration as it is written, for checks that must work while parts of it
 * are wrong: what does not have the expected form is passed over. Pure.
 */
import { maskText } from './mask.ts'
import { isBlock, type Path } from './path.ts'
import type { Substitutions } from './secrets.ts'

/** Longest word that a sentence repeats. */
const MAX_QUOTED = 80

/** A block of the file, and where it stands. */
export interface Entry {
  readonly value: Readonly<Record<string, unknown>>
  readonly path: Path
}

/** A text of the file, and where it stands. */
export interface Word {
  readonly text: string
  readonly path: Path
}

/** What checks may ask about the file besides its values. */
export interface Written {
  /** The whole file, prepared: with defaults and lists in place. */
  readonly root: unknown
  readonly substitutions: Substitutions
  /** Where the value at `path` stands, for a sentence about `from`: `line 4`, or `line 4 of routes.yaml`. */
  placeOf(path: Path, from: Path): string
  /** Whether something stands at `path` in the file, rather than by default. */
  isWritten(path: Path): boolean
}

/** The blocks of the list at `key`. */
export function entriesOf(block: unknown, key: string, base: Path = []): readonly Entry[] {
  const list = isBlock(block) ? block[key] : undefined
  if (!Array.isArray(list)) return []
  return list.flatMap((value: unknown, index) => (isBlock(value) ? [{ value, path: [...base, key, index] }] : []))
}

/** The block at `key`. */
export function entryOf(entry: Entry, key: string): Entry | undefined {
  const value = Object.hasOwn(entry.value, key) ? entry.value[key] : undefined
  return isBlock(value) ? { value, path: [...entry.path, key] } : undefined
}

/** The text at `key`. */
export function wordOf(entry: Entry, key: string): Word | undefined {
  const text = Object.hasOwn(entry.value, key) ? entry.value[key] : undefined
  return typeof text === 'string' ? { text, path: [...entry.path, key] } : undefined
}

/** The texts of the list at `key`. */
export function wordsOf(entry: Entry, key: string): readonly Word[] {
  const list = Object.hasOwn(entry.value, key) ? entry.value[key] : undefined
  if (!Array.isArray(list)) return []
  return list.flatMap((text: unknown, index) =>
    typeof text === 'string' ? [{ text, path: [...entry.path, key, index] }] : []
  )
}

/** A word of the file in quotes, as it is written there: what came from outside, and what looks like a secret, is not shown. */
export function quote({ text, path }: Word, { substitutions }: Written): string {
  const shown = substitutions.at(path)?.source ?? maskText(text)
  return `"${shown.length > MAX_QUOTED ? `${shown.slice(0, MAX_QUOTED)}…` : shown}"`
}
