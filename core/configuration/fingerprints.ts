/**
 * Digests of what is written, so that it can be compared later without keeping
 * the plain text: secrets are among it. Knows nothing of what it means.
 */
import { createHmac, randomBytes } from 'node:crypto'

/** Without it nobody can tell by a digest whether a secret was guessed. It differs from process to process. */
const KEY = randomBytes(32)

/**
 * A digest of plain values: objects, lists, texts, numbers, truth values, nulls. Two are equal when the values are,
 * the order of keys included. Good within this process only, and never to be shown.
 */
export function fingerprint(value: unknown): string {
  return createHmac('sha256', KEY)
    .update(JSON.stringify(value, exact) ?? 'nothing')
    .digest('base64url')
}

/** JSON makes the same of numbers that it does not have. */
function exact(_key: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isFinite(value) ? { number: String(value) } : value
}
