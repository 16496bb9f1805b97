/**
 * A plain HTTP client for tests: one connection per request, nothing decoded,
 * nothing hidden, and a clear word on whether a response ended as HTTP says it
 * must. It knows nothing of the gateway.
 */
import { type ClientRequest, type IncomingHttpHeaders, type IncomingMessage, request as open } from 'node:http'

/** A request to send. */
export interface Outgoing {
  /** Origin with or without a path, such as `http://127.0.0.1:8080/v1/models`. */
  readonly url: string
  /** POST when there is a body, else GET. */
  readonly method?: string
  readonly headers?: Readonly<Record<string, string | readonly string[]>>
  readonly body?: string | Uint8Array
  readonly signal?: AbortSignal
}

/** A response as it came off the wire. */
export interface Received {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  /** Names and values in turn, as they came. */
  readonly rawHeaders: readonly string[]
  /** The body without its chunk framing, and otherwise untouched. */
  readonly body: Buffer
  /** False when the connection ended before the last chunk, or before `Content-Length` bytes. */
  readonly complete: boolean
}

/** Sends a request and collects the whole response, or what came of it. @throws when no head came at all. */
export function send(outgoing: Outgoing): Promise<Received> {
  return new Promise((resolve, reject) => {
    const request = start(outgoing)
    request.on('error', reject)
    request.on('response', response => {
      // Once there is a head, a broken connection is a result and no failure.
      request.off('error', reject)
      request.on('error', () => {})
      collect(response).then(resolve)
    })
  })
}

/** Sends a request and hands over the response as soon as its head is there. The caller reads or destroys it. */
export function openResponse(outgoing: Outgoing): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const request = start(outgoing)
    request.on('error', reject)
    request.on('response', resolve)
  })
}

/** Reads the rest of a response. Never rejects: `complete` tells how it went. */
export function collect(response: IncomingMessage): Promise<Received> {
  return new Promise(resolve => {
    const pieces: Buffer[] = []
    response.on('data', piece => pieces.push(piece))
    response.on('error', () => {})
    response.on('close', () => {
      resolve({
        status: response.statusCode ?? 0,
        headers: response.headers,
        rawHeaders: response.rawHeaders,
        body: Buffer.concat(pieces),
        complete: response.complete
      })
    })
  })
}

function start({ url, method, headers = {}, body, signal }: Outgoing): ClientRequest {
  const outgoing: Record<string, string | string[]> = {}
  for (const [name, value] of Object.entries(headers)) outgoing[name] = typeof value === 'string' ? value : [...value]
  const bytes = body === undefined ? undefined : Buffer.from(body)
  if (bytes !== undefined) outgoing['content-length'] = String(bytes.length)
  const request = open(url, {
    agent: false,
    method: method ?? (bytes === undefined ? 'GET' : 'POST'),
    headers: outgoing,
    ...(signal === undefined ? {} : { signal })
  })
  request.end(bytes)
  return request
}
