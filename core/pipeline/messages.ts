/**
 * What leaves the gateway, while plugins may still edit it: the request of one
 * try, and the response to the client.
 */
import type { DownstreamResponse, UpstreamRequest } from '../plugin.ts'
import type { ResponseHeaders } from '../upstream/transport.ts'
import type { LivePeer, Upstream } from '../upstream/upstream.ts'
import type { LiveExchange } from './exchange.ts'
import { HeaderList } from './headers.ts'
import { CollectedBody } from './request-body.ts'
import { AttachedBody, type Turn } from './response-body.ts'

/** The request of one try. */
export class OutgoingDraft implements UpstreamRequest {
  method: string
  target: string
  readonly headers: HeaderList
  readonly body: CollectedBody

  constructor(method: string, target: string, headers: HeaderList, body: CollectedBody) {
    this.method = method
    this.target = target
    this.headers = headers
    this.body = body
  }
}

/** The response to the client. */
export class Reply implements DownstreamResponse {
  readonly source: 'upstream' | 'gateway'
  status: number
  readonly headers: HeaderList
  readonly body: AttachedBody

  /** @param turn is told whose turn it is before anything is called that a plugin attached to the body. */
  constructor(source: 'upstream' | 'gateway', status: number, headers: string[], isEventStream: boolean, turn?: Turn) {
    this.source = source
    this.status = status
    this.headers = new HeaderList(headers)
    this.body = new AttachedBody(isEventStream, turn)
  }
}

/** What is sent to a peer before the plugins edit it. `editsBody`: the try gets a body of its own, so that edits do not add up over tries. */
export function draftFor(
  exchange: LiveExchange,
  upstream: Upstream,
  peer: LivePeer,
  editsBody: boolean
): OutgoingDraft {
  const { accepted, plan, downstream } = exchange
  const headers = accepted.outgoingHeaders.slice()
  const { hostHeader } = upstream
  if (hostHeader !== 'peer') headers.push('host', hostHeader === 'client' ? accepted.host : hostHeader)
  headers.push('x-tacit-request-id', exchange.id)
  // Somebody behind this wants to read the answer.
  const list = new HeaderList(headers)
  if (plan.readsResponseBody) list.put('accept-encoding', 'identity')
  let { body } = downstream
  if (editsBody && body.content !== undefined) {
    body = new CollectedBody()
    body.fill(downstream.body.content ?? Buffer.alloc(0))
  }
  return new OutgoingDraft(accepted.method, peer.basePath + targetFor(exchange), list, body)
}

/** The path and query for the upstream. Byte for byte the client's, but for what the route strips or rewrites. */
function targetFor({ accepted, plan }: LiveExchange): string {
  const { target } = accepted
  const { rewrite, stripPrefix } = plan
  if (rewrite !== undefined) {
    const query = target.indexOf('?')
    return query < 0 ? rewrite : rewrite + target.slice(query)
  }
  if (stripPrefix === undefined) return target
  const prefix = stripPrefix.endsWith('/') ? stripPrefix.slice(0, -1) : stripPrefix
  if (!target.startsWith(prefix)) return target
  const rest = target.slice(prefix.length)
  if (rest.startsWith('/')) return rest
  // `/api` is no prefix of `/apiary`.
  return rest === '' || rest.startsWith('?') ? `/${rest}` : target
}

/** Headers of an upstream's answer that may pass: none that concern its own connection (RFC 9110, 7.6.1). */
export function passingHeaders(headers: ResponseHeaders): string[] {
  const flat: string[] = []
  const named = nominated(headers.connection)
  for (const name in headers) {
    if (isHopByHop(name) || named?.has(name)) continue
    const value = headers[name]
    if (typeof value === 'string') flat.push(name, value)
    else if (value !== undefined) for (const line of value) flat.push(name, line)
  }
  return flat
}

/**
 * Writes what an upstream said about the length of its body, as far as it still holds: it is not for plugins to say.
 * @returns the length; undefined for a body that is sent in chunks.
 */
export function frame({ status, headers, body }: Reply, answered: ResponseHeaders): number | undefined {
  const length = answered['content-length']
  headers.delete('transfer-encoding')
  if (typeof length !== 'string' || body.rewrites || body.isEventStream || status === 204) {
    headers.delete('content-length')
    return undefined
  }
  headers.put('content-length', length)
  return Number(length)
}

function isHopByHop(name: string): boolean {
  switch (name) {
    case 'connection':
    case 'keep-alive':
    case 'proxy-authenticate':
    case 'proxy-authentication-info':
    case 'proxy-connection':
    case 'te':
    case 'trailer':
    case 'transfer-encoding':
    case 'upgrade':
      return true
    default:
      return false
  }
}

/** What `Connection` names besides its own options, in lower case; nearly always nothing. A set: both it and the names may be many thousands. */
function nominated(connection: string | string[] | undefined): ReadonlySet<string> | undefined {
  if (connection === undefined || connection === 'keep-alive' || connection === 'close') return undefined
  const entries = String(connection).toLowerCase().split(',')
  return new Set(entries.map(entry => entry.trim()))
}

/** Whether a body of this type is a stream of server-sent events (WHATWG HTML, 9.2.5). */
export function isEventStream(contentType: string | string[] | undefined): boolean {
  return typeof contentType === 'string' && /^text\/event-stream\s*(?:;|$)/i.test(contentType)
}
