/** The request that every throughput scenario sends, as each load generator wants it. Pure. */

/** The key that clients send; gateways that authenticate are configured to know it. */
export const CLIENT_KEY = 'bench-4b1f0c9e7a2d4f6b8c3e5a7d9f1b2c4e'

/** One kind of request, and how hard it is sent. */
export interface Load {
  readonly method: 'GET' | 'POST'
  readonly path: string
  /** Size of the JSON body; 0 for none. At least 96 otherwise. */
  readonly bodyBytes: number
  /** Connections kept open, each with one request under way at a time. */
  readonly connections: number
  readonly seconds: number
  /** Asks for a stream of events, as an SDK does: some gateways decide by it. Default: no. */
  readonly isStream?: boolean
  /** Headers that the gateway under test wants of its clients. Default: none. */
  readonly headers?: Readonly<Record<string, string>>
  /** Over TLS; the certificate is not checked. Default: no. */
  readonly isTls?: boolean
}

/** What requests ask for. Named as gateways with a catalogue of models want it: provider and model. */
export const MODEL = 'openai/benchmark'

/** A chat completion request of exactly the given size, in ASCII. @throws RangeError when it does not fit. */
export function chatBody(bytes: number, isStream = false): string {
  if (bytes === 0) return ''
  const head = `{"model":"${MODEL}",${isStream ? '"stream":true,' : ''}"messages":[{"role":"user","content":"`
  const tail = '"}]}'
  const padding = bytes - head.length - tail.length
  if (padding < 0) throw new RangeError(`a chat request does not fit into ${bytes} bytes`)
  return `${head}${'lorem ipsum '.repeat(Math.ceil(padding / 12)).slice(0, padding)}${tail}`
}

/** Headers that an SDK would send; framing and host are the generator's. */
export function requestHeaders(load: Pick<Load, 'bodyBytes' | 'headers'>): Record<string, string> {
  const common = {
    accept: 'application/json',
    authorization: `Bearer ${CLIENT_KEY}`,
    'user-agent': 'tacit-benchmark/1',
    ...load.headers
  }
  return load.bodyBytes === 0 ? common : { ...common, 'content-type': 'application/json' }
}

/** The request as bytes on the wire. */
export function requestText(load: Load, port: number): string {
  const body = chatBody(load.bodyBytes, load.isStream)
  const headers = Object.entries({ host: `127.0.0.1:${port}`, ...requestHeaders(load) })
  if (body !== '') headers.push(['content-length', `${body.length}`])
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join('')
  return `${load.method} ${load.path} HTTP/1.1\r\n${lines}\r\n${body}`
}
