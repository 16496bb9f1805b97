/**
 * Calls that plugins make themselves, to detectors and key sets. A URL may come
 * from where nobody vouches for it, so a call reaches public addresses only,
 * and those that the operator allows. Knows nothing of exchanges.
 *
 * A name is judged by what it resolves to while the connection is made, and the
 * connection goes to the very addresses that were judged: a name that changes
 * its mind in between (DNS rebinding) changes nothing.
 */
import { isIP, type LookupFunction } from 'node:net'
import type { Agent } from 'undici'
import { GatewayError } from '../errors.ts'
import type { Host } from '../plugin.ts'
import { loadUndici } from './load-undici.ts'
import { type Resolve, resolveAll } from './names.ts'
import { Reach } from './reach.ts'

/** What a call may look like. */
export type FetchOptions = Parameters<Host['fetch']>[1]

/** The answer to a call. */
export type FetchAnswer = Awaited<ReturnType<Host['fetch']>>

/** Where calls may go. */
export interface FetchRules {
  /**
   * Addresses, CIDR ranges and host names (in lower case, exactly as URLs have them) that may be reached although they
   * are not public. A name may then resolve to any address.
   */
  readonly allow: readonly string[]
  /** By default as the machine does. */
  readonly resolve?: Resolve
}

/** How long connecting may take beyond the deadline of the call that asked for it, in ms. */
const CONNECT_MS = 10_000

/** Connections to one origin. */
const MAX_CONNECTIONS = 64

/** Heads of answers beyond this end the call. */
const MAX_HEAD_BYTES = 64 * 1024

const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])

/** They belong to the connection, or are core's to decide; not a plugin's to set. */
const KEPT_HEADERS: ReadonlySet<string> = new Set([
  'accept-encoding',
  'connection',
  'content-length',
  'expect',
  'host',
  'keep-alive',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade'
])

/** RFC 9110, 5.6.2. */
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/

/** Visible characters, spaces and tabs within (RFC 9110, 5.5); nothing beyond Latin-1. */
const FIELD_VALUE = /^(?:[\x21-\x7e\x80-\xff](?:[\x20-\x7e\x80-\xff\t]*[\x21-\x7e\x80-\xff])?)?$/

/** As it must be written (RFC 3986): a parser of URLs forgives much that others read in another way. */
const WRITTEN_URL = /^https?:\/\/[\w.:[\]-]+(?:[/?][!-~]*)?$/i

/**
 * Makes the function that plugins get as `host.fetch`. It never follows a redirect, decodes nothing and always
 * verifies certificates. It rejects with a GatewayError: `TACIT_FETCH_INVALID`, `TACIT_FETCH_REFUSED` (the address),
 * `TACIT_FETCH_TIMEOUT`, `TACIT_FETCH_TOO_LARGE`, `TACIT_FETCH_ENCODED` or `TACIT_FETCH_FAILED`; none names the URL or
 * what was read.
 * @throws GatewayError `TACIT_FETCH_ALLOW_INVALID` for an entry of `allow` that is neither an address, a range nor a name.
 */
export function createFetch({ allow, resolve = resolveAll }: FetchRules): Host['fetch'] {
  const reach = new Reach(allow)

  const lookupChecked: LookupFunction = (name, options, done) => {
    resolve(name, (error, addresses) => {
      const [first] = addresses
      const refused = !reach.allows(name, addresses)
      if (error !== null) done(error, '')
      else if (first === undefined || refused) done(addressRefused(), '')
      else if (options.all === true) done(null, [...addresses])
      else done(null, first.address, first.family)
    })
  }

  let agent: Agent | undefined
  const open = () =>
    new (loadUndici().Agent)({
      connections: MAX_CONNECTIONS,
      pipelining: 1,
      allowH2: false,
      // The deadline of the call covers waiting and silence alike.
      headersTimeout: 0,
      bodyTimeout: 0,
      maxHeaderSize: MAX_HEAD_BYTES,
      connect: { timeout: CONNECT_MS, rejectUnauthorized: true, minVersion: 'TLSv1.2', lookup: lookupChecked }
    })

  return async (url, options) => {
    const { origin, hostname, path } = targetOf(url)
    checkOptions(options)
    // Nothing is looked up for an address; the URL has brought every spelling of it into one form.
    if (isIP(hostname) !== 0 && !reach.allows(hostname, [{ address: hostname }])) throw addressRefused()
    agent ??= open()
    return await exchange(agent, origin, path, options)
  }
}

/** One request and its answer, within the deadline. */
async function exchange(agent: Agent, origin: string, path: string, options: FetchOptions): Promise<FetchAnswer> {
  const { method = 'GET', headers = {}, body, timeoutMs, maxBytes } = options
  const ending = new AbortController()
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => {
    late.reject(new GatewayError('TACIT_FETCH_TIMEOUT', 'A call of a plugin took longer than it may.'))
    ending.abort()
  }, timeoutMs)
  const answer = async (): Promise<FetchAnswer> => {
    const response = await agent.request({
      origin,
      path,
      method,
      headers: { ...headers, 'accept-encoding': 'identity' },
      body: body ?? null,
      signal: ending.signal
    })
    const isEncoded = (response.headers['content-encoding'] ?? 'identity') !== 'identity'
    return { status: response.statusCode, body: await collect(response.body, maxBytes, isEncoded) }
  }
  try {
    // Connecting does not end with the signal, so the deadline is waited for as well.
    return await Promise.race([answer(), late.promise])
  } catch (error) {
    if (error instanceof GatewayError) throw error
    throw new GatewayError('TACIT_FETCH_FAILED', 'A call of a plugin could not be made, or its answer broke off.')
  } finally {
    clearTimeout(timer)
  }
}

/** Reads a body to its end; leaving the loop closes the connection. */
async function collect(body: AsyncIterable<Buffer>, maxBytes: number, isEncoded: boolean): Promise<Buffer> {
  const pieces: Buffer[] = []
  let size = 0
  for await (const piece of body) {
    if (isEncoded) {
      throw new GatewayError(
        'TACIT_FETCH_ENCODED',
        'The answer to a call of a plugin is encoded, which nobody asked for.'
      )
    }
    size += piece.length
    if (size > maxBytes) {
      throw new GatewayError('TACIT_FETCH_TOO_LARGE', 'The answer to a call of a plugin is larger than it may be.')
    }
    pieces.push(piece)
  }
  return Buffer.concat(pieces, size)
}

/** @throws GatewayError `TACIT_FETCH_INVALID` unless it is a plain absolute http or https URL. */
function targetOf(text: string): { origin: string; hostname: string; path: string } {
  if (!WRITTEN_URL.test(text) || !URL.canParse(text)) throw invalid()
  const { origin, hostname, pathname, search } = new URL(text)
  return { origin, hostname: hostname.replace(/^\[|\]$/g, ''), path: pathname + search }
}

/** @throws GatewayError `TACIT_FETCH_INVALID`. */
function checkOptions({ method = 'GET', headers = {}, body, timeoutMs, maxBytes }: FetchOptions): void {
  const areHeadersSound = Object.entries(headers).every(
    ([name, value]) => TOKEN.test(name) && !KEPT_HEADERS.has(name.toLowerCase()) && FIELD_VALUE.test(value)
  )
  const isBounded = timeoutMs > 0 && timeoutMs < 2 ** 31 && maxBytes >= 0 && maxBytes <= Number.MAX_SAFE_INTEGER
  const isBodySound = body === undefined || typeof body === 'string' || body instanceof Uint8Array
  if (!METHODS.has(method) || !areHeadersSound || !isBodySound || !isBounded) throw invalid()
}

function invalid(): GatewayError {
  return new GatewayError(
    'TACIT_FETCH_INVALID',
    'A plugin made a call with a URL, a method, a header, a body or a limit that is not sound.'
  )
}

function addressRefused(): GatewayError {
  return new GatewayError(
    'TACIT_FETCH_REFUSED',
    'A plugin made a call to an address that is not public and that nobody allowed.'
  )
}
