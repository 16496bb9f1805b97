/** Loads undici when something needs it: its code takes 14 MB, which most gateways do without. */
import { createRequire } from 'node:module'

/** The package, at once: whoever needs it cannot wait. */
export function loadUndici(): typeof import('undici') {
  return createRequire(import.meta.url)('undici')
}
