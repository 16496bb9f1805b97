/**
 * What may be said of an error outside: a code, never its message. Pure.
 */

const SAFE_CODE = /^[A-Z0-9_]{1,64}$/
const SAFE_CLASS = /^[A-Z][A-Za-z0-9]{0,63}$/

/**
 * What may be said of an error: its code (`ECONNREFUSED`, `UND_ERR_SOCKET`, `TACIT_…`) or that of its cause, else
 * the name of its class, else `UNKNOWN`. Never its message, which may quote what was read.
 */
export function errorCode(error: unknown): string {
  try {
    return codeOf(error) ?? (error instanceof Error ? (codeOf(error.cause) ?? classOf(error)) : 'UNKNOWN')
  } catch {
    // A getter or proxy of a stranger's error threw in turn.
    return 'UNKNOWN'
  }
}

function codeOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined
  const { code } = error
  return typeof code === 'string' && SAFE_CODE.test(code) ? code : undefined
}

function classOf(error: Error): string {
  // A DOMException says in its name what it is (`AbortError`, `TimeoutError`).
  const name: unknown = error instanceof DOMException ? error.name : error.constructor.name
  return typeof name === 'string' && SAFE_CLASS.test(name) ? name : 'UNKNOWN'
}
