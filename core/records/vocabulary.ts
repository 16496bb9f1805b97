/**
 * The names that rows may hold: those that the configuration, the catalogue and
 * the code know. Names are never taken from a request. Knows nothing of rows.
 */
import type { NameList } from '../contract/fields.ts'
import { MAX_NAME_LENGTH } from './codec.ts'

/** Says whether a name that was not listed is known all the same, such as a consumer in a store. Must not wait. */
export type NameLookup = (name: string) => boolean

/** Lists of names. They only grow: rows of exchanges that a reload has overtaken are written, too. */
export class Vocabulary {
  readonly #names = new Map<NameList, Set<string>>()
  readonly #later = new Map<NameList, () => void>()
  readonly #lookups = new Map<NameList, NameLookup[]>()

  /** Adds names to a list. One longer than 128 characters is left out, and rows with it are refused. */
  add(list: NameList, names: Iterable<string>): void {
    const known = this.#names.get(list) ?? new Set<string>()
    this.#names.set(list, known)
    for (const name of names) if (name.length > 0 && name.length <= MAX_NAME_LENGTH) known.add(name)
  }

  /** Has names of some lists added when one of the lists is first asked for; the last one to say so counts. */
  later(lists: readonly NameList[], learn: () => void): void {
    const once = () => {
      for (const list of lists) if (this.#later.get(list) === once) this.#later.delete(list)
      learn()
    }
    for (const list of lists) this.#later.set(list, once)
  }

  /** Asks somebody else, too. @returns how to stop asking. */
  ask(list: NameList, lookup: NameLookup): () => void {
    const lookups = this.#lookups.get(list) ?? []
    this.#lookups.set(list, [...lookups, lookup])
    return () => {
      this.#lookups.set(list, this.#lookups.get(list)?.filter(other => other !== lookup) ?? [])
    }
  }

  /** Whether a list holds a name. */
  knows(list: NameList, name: string): boolean {
    if (this.#names.get(list)?.has(name) === true) return true
    const learn = this.#later.get(list)
    if (learn !== undefined) {
      learn()
      return this.knows(list, name)
    }
    if (name.length === 0 || name.length > MAX_NAME_LENGTH) return false
    return this.#lookups.get(list)?.some(lookup => lookup(name)) === true
  }
}
