/** What may be said of an error: its code, never its message, which may quote what it was about. Pure. */

const CODE = /^[A-Z][A-Z0-9_]{1,63}$/

/** The error's own code, or that of its cause; `UNKNOWN` when it has none that is safe. */
export function errorCode(error: unknown): string {
  if (typeof error !== 'object' || error === null) return 'UNKNOWN'
  if ('code' in error && typeof error.code === 'string' && CODE.test(error.code)) return error.code
  return 'cause' in error && error.cause !== error ? errorCode(error.cause) : 'UNKNOWN'
}
