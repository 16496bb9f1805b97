/** Every word that stands anywhere in a value: what a plugin's settings may speak of. Pure. */

/** Adds every text in `value`, keys included, to `words`. */
export function wordsIn(value: unknown, words: Set<string> = new Set()): ReadonlySet<string> {
  if (typeof value === 'string') words.add(value)
  if (typeof value !== 'object' || value === null) return words
  for (const [key, child] of Object.entries(value)) {
    if (!Array.isArray(value)) words.add(key)
    wordsIn(child, words)
  }
  return words
}
