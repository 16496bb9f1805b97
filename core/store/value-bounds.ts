/** What may be kept under `host.store`, wherever it is kept. Pure. */
import { GatewayError } from '../errors.ts'

/** Longest key, and longest value, in UTF-16 units. */
const MAX_KEY_LENGTH = 512
const MAX_VALUE_LENGTH = 65_536

/** @throws GatewayError `TACIT_STORE_REFUSED` for a key or a value that is too long. */
export function checkValue(key: string, value: string): void {
  if (key.length > MAX_KEY_LENGTH) throw storeRefused(`a key may have ${MAX_KEY_LENGTH} characters`)
  if (value.length > MAX_VALUE_LENGTH) throw storeRefused(`a value may have ${MAX_VALUE_LENGTH} characters`)
}

/** @throws GatewayError `TACIT_STORE_REFUSED` for a life that is not positive. @returns the life. */
export function checkLife(ttlMs: number): number {
  if (ttlMs > 0) return ttlMs
  throw storeRefused('a value needs a life of more than 0 ms')
}

/** What incrementing fails of that is no whole number, or would not be exact. */
export const NOT_WHOLE = 'only whole numbers can be incremented'

/** `TACIT_STORE_REFUSED`, for a reason that quotes nothing. */
export function storeRefused(why: string): GatewayError {
  return new GatewayError('TACIT_STORE_REFUSED', `A plugin's value was not stored: ${why}.`)
}
