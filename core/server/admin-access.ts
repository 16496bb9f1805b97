/**
 * Who may ask the admin listener what: tokens known by their digests, and
 * whoever looks from the gateway's own machine while there are none. Keeps pages
 * of other origins out. Knows nothing of what is asked for.
 */
import { timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import type { Clock } from '../clock.ts'
import { endpointRefusal } from '../endpoints/reasons.ts'
import type { AdminRole } from '../endpoints/roles.ts'
import type { Refused } from '../errors.ts'
import { Attempts } from './attempts.ts'
import { plainAddress } from './trusted-proxies.ts'

/** A token of the configuration. */
export interface AdminToken {
  /** Name in the log. */
  readonly id: string
  readonly role: AdminRole
  /** As `host.credentials.digest` writes it. */
  readonly keyHash: string
}

/** What access is decided by. */
export interface AccessOptions {
  /** As they stand now: a token that is taken out of the configuration is good for nothing from then on. */
  readonly tokens: () => readonly AdminToken[]
  /** Whether the listener is on the loopback. */
  readonly isLoopback: boolean
  /** Digests a token with the gateway's key. Not called while there are no tokens. */
  readonly digest: (token: string) => string
  readonly clock: Clock
  /** A token was refused. Told for each guess, not for each request. */
  readonly refused: (reason: string) => void
}

/** Who asks. */
export interface Actor {
  /** Id of the token, or `anonymous`. */
  readonly id: string
  readonly role: AdminRole
}

/** What is known of a request when its head is there. */
export interface AccessRequest {
  readonly headers: IncomingHttpHeaders
  /** Address of the other end of the connection. */
  readonly address: string
}

/** Longest token that is digested. */
const MAX_TOKEN_LENGTH = 512
/** Scheme and token (RFC 6750, 2.1). Everything that is visible counts as one, as `tacit key hash` takes it. */
const BEARER = /^Bearer +([\x21-\x7e]+)$/i
/** What a proxy says of whom it asks for. */
const FORWARDING = ['forwarded', 'via', 'x-forwarded-for', 'x-forwarded-host', 'x-real-ip']
const CHALLENGE = { headers: { 'www-authenticate': 'Bearer realm="tacit-admin"' } }

const ANONYMOUS: Actor = Object.freeze({ id: 'anonymous', role: 'viewer' })

/** Decides over access. */
export class AdminAccess {
  readonly #options: AccessOptions
  readonly #attempts: Attempts

  constructor(options: AccessOptions) {
    this.#options = options
    this.#attempts = new Attempts(options.clock)
  }

  /** Who this is, or why nobody that is let in. */
  judge(request: AccessRequest): Actor | Refused {
    if (isForeign(request.headers)) return endpointRefusal('foreign_origin')
    const token = presented(request.headers)
    const tokens = this.#options.tokens()
    if (tokens.length === 0) {
      const isHere =
        this.#options.isLoopback && isLoopback(plainAddress(request.address)) && !isForwarded(request.headers)
      return isHere ? ANONYMOUS : endpointRefusal('tokens_not_configured')
    }
    if (token === undefined) return endpointRefusal('token_missing', CHALLENGE)
    return this.#find(tokens, token, request.address)
  }

  #find(tokens: readonly AdminToken[], token: string, address: string): Actor | Refused {
    const { digest, refused } = this.#options
    // Without looking at the token: what came of it would be the answer to one more guess.
    const waitMs = this.#attempts.waitMs(address)
    const digested = digest(token)
    if (this.#attempts.isKnownWrong(address, digested)) return endpointRefusal('token_unknown', CHALLENGE)
    if (waitMs > 0) return endpointRefusal('too_many_attempts', { retryAfterMs: waitMs })
    const actual = Buffer.from(digested)
    let found: Actor | undefined
    // All of them, so that the time does not tell which one was meant.
    for (const { id, role, keyHash } of tokens) {
      const expected = Buffer.from(keyHash)
      if (expected.length === actual.length && timingSafeEqual(expected, actual)) found = { id, role }
    }
    if (found !== undefined) return found
    this.#attempts.failed(address, digested)
    refused('token_unknown')
    return endpointRefusal('token_unknown', CHALLENGE)
  }
}

/** Whether an address of a listener is one that only its own machine reaches. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.')
}

/** A proxy on this machine asks for somebody elsewhere. */
function isForwarded(headers: IncomingHttpHeaders): boolean {
  return FORWARDING.some(name => headers[name] !== undefined)
}

/**
 * Whether a page of another origin asks. No cookie or other thing that browsers send along gives access here; this
 * is for whoever needs no token, and for what a page could find out from the time that an answer takes.
 */
function isForeign({ origin, host, 'sec-fetch-site': site }: IncomingHttpHeaders): boolean {
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return true
  if (origin === undefined) return false
  return !URL.canParse(origin) || new URL(origin).host !== host?.toLowerCase()
}

function presented({ authorization }: IncomingHttpHeaders): string | undefined {
  if (authorization === undefined || authorization.length > MAX_TOKEN_LENGTH + 'Bearer '.length) return undefined
  return BEARER.exec(authorization)?.[1]
}
