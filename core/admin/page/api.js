/**
 * Asks the admin listener. A token is sent as a header and kept for this tab alone, in memory where the browser keeps
 * nothing: no cookie is ever set or needed.
 */

const KEY = 'tacit-token'
const TIMEOUT_MS = 8000
let token = kept()

/** An answer that is none: status and reason of the refusal, or 0 where nobody answered. */
export class Refusal extends Error {
  constructor(status, reason, detail, errors = []) {
    super(detail)
    this.status = status
    this.reason = reason
    this.errors = errors
  }
  /** Whether a token is asked for, or another one. */
  get needsToken() {
    return this.status === 401 || this.reason === 'tokens_not_configured' || this.reason === 'too_many_attempts'
  }
}

function kept() {
  try {
    return sessionStorage.getItem(KEY) ?? undefined
  } catch {
    return undefined
  }
}

/** Keeps a token, or forgets it. */
export function setToken(value) {
  token = value
  try {
    if (value === undefined) sessionStorage.removeItem(KEY)
    else sessionStorage.setItem(KEY, value)
  } catch {
    // The browser keeps nothing: it is in memory until the page is left.
  }
}

/** Whether there is one. */
export function hasToken() {
  return token !== undefined
}

/**
 * The answer of an endpoint. Throws a {@link Refusal}.
 * @param method GET without a body and POST with one, if not given.
 */
export async function ask(path, body, method = body === undefined ? 'GET' : 'POST') {
  const headers = { accept: 'application/json' }
  if (token !== undefined) headers.authorization = `Bearer ${token}`
  const request = { method, headers, credentials: 'omit', cache: 'no-store', signal: AbortSignal.timeout(TIMEOUT_MS) }
  if (body !== undefined) {
    headers['content-type'] = 'application/json'
    request.body = JSON.stringify(body)
  }
  let response
  try {
    response = await fetch(path, request)
  } catch {
    throw new Refusal(0, 'no_answer', 'The gateway does not answer.')
  }
  const answer = await response.json().catch(() => ({}))
  if (response.ok) return answer
  throw new Refusal(
    response.status,
    answer.reason ?? 'unknown',
    answer.detail ?? `It answered ${response.status}.`,
    answer.errors
  )
}
