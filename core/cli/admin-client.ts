/** Asks the admin listener of a running gateway, for commands. What comes back is plain data that nobody vouches for. */
import { GatewayError } from '../errors.ts'
import type { Terminal } from './terminal.ts'

/** Where a gateway listens that was told nothing else. */
export const DEFAULT_ADMIN = 'http://127.0.0.1:9090'
/** For the help of commands that ask. */
export const TOKEN_HINT = 'A token of the admin listener is taken from TACIT_ADMIN_TOKEN.'

const TIMEOUT_MS = 10_000

/** Options of commands that ask. */
export interface AdminOptions {
  readonly admin: string
  readonly json?: boolean
}

/**
 * Asks one endpoint. The token is taken from the environment.
 * @param body sent by POST; GET without one.
 * @throws GatewayError `TACIT_ADMIN_UNREACHABLE`, or `TACIT_ADMIN_REFUSED` with what the gateway says.
 */
export async function askAdmin(
  { admin }: AdminOptions,
  { environment }: Terminal,
  path: string,
  body?: object
): Promise<unknown> {
  const token = environment.TACIT_ADMIN_TOKEN
  let response: Response
  try {
    response = await fetch(new URL(path, admin), {
      method: body === undefined ? 'GET' : 'POST',
      headers: {
        accept: 'application/json',
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...(body !== undefined && { 'content-type': 'application/json' })
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      redirect: 'error',
      signal: AbortSignal.timeout(TIMEOUT_MS)
    })
  } catch {
    throw new GatewayError(
      'TACIT_ADMIN_UNREACHABLE',
      'No gateway answers at this admin listener.',
      'Name another with `--admin`, such as http://127.0.0.1:9090.'
    )
  }
  const answer: unknown = await response.json().catch(() => undefined)
  if (response.ok) return answer
  throw new GatewayError(
    'TACIT_ADMIN_REFUSED',
    word(answer, 'detail') || `The gateway answered ${response.status}.`,
    response.status === 401 || response.status === 403
      ? 'Set TACIT_ADMIN_TOKEN to the token of an operator.'
      : undefined
  )
}

/** A member of what was answered; undefined where there is none. */
export function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined
}

/** A list in what was answered; empty where there is none. */
export function listIn(value: unknown, name: string): readonly unknown[] {
  const found = member(value, name)
  return Array.isArray(found) ? found : []
}

/** A text or a number as a text; nothing for anything else. */
export function word(value: unknown, name: string): string {
  const found = member(value, name)
  return typeof found === 'string' || typeof found === 'number' ? String(found) : ''
}
