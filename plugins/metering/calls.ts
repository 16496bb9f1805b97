/** Tells which calls use tokens, and which are counted by them where nobody told any. Pure. */
import { type Dialect, type Format, formatOf, mayUseTokens } from 'tacit-gateway/dialects'

/** Formats whose answers are not made of tokens, or are not billed by them when nobody told any. */
const UNCOUNTED: ReadonlySet<Format> = new Set(['openai-images', 'openai-audio', 'openai-moderations'])

/** Whether tokens of such a call are counted where its provider told none. */
export function hasTokens(format: Format): boolean {
  return !UNCOUNTED.has(format)
}

/** What the path of a call tells before anything is read. */
export interface PathFacts {
  readonly format: Format
  /** Whether usage may stand in the answer. */
  readonly mayUse: boolean
}

/** Longer ones hold more than the name of a call. */
const MAX_KNOWN_LENGTH = 64

/** Makes a reader of paths. Nearly all calls of a route go to the same one, so that it remembers the last. */
export function pathReader(): (dialect: Dialect, method: string, path: string) => PathFacts {
  let known: (PathFacts & { readonly dialect: Dialect; readonly method: string; readonly path: string }) | undefined
  return (dialect, method, path) => {
    if (known !== undefined && known.path === path && known.method === method && known.dialect === dialect) return known
    const format = formatOf(dialect, path)
    const facts = { format, mayUse: mayUseTokens(format, method, path), dialect, method, path }
    if (path.length <= MAX_KNOWN_LENGTH && !path.includes('?')) known = facts
    return facts
  }
}
