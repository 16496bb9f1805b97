/**
 * Opens sockets to one server. Whom a certificate must name is decided by the
 * configuration alone, never by a request's Host header. Knows nothing of HTTP;
 * who gives up on a socket destroys it, connected or not.
 */
import { constants } from 'node:crypto'
import { connect, isIP, type OnReadOpts, type Socket } from 'node:net'
import { connect as connectSecurely, createSecureContext, type SecureContext, type TLSSocket } from 'node:tls'
import { type Clock, systemClock } from '../clock.ts'
import { isLocalName, PeerName, type Resolve } from './names.ts'
import { Reach } from './reach.ts'

/** Told once: with a socket that is ready to be written to, or with what went wrong. Not at all when the socket was destroyed. */
export type Dialled = (...outcome: [error: null, socket: Socket] | [error: Error, socket: null]) => void

/** How to know the server. */
export interface DialOptions {
  /** PEM of the authorities to trust instead of the well-known ones. */
  readonly ca: string | undefined
  /** Name to ask for and to verify; undefined for plain connections, and for addresses, which are verified themselves. */
  readonly serverName: string | undefined
  /** PEM of the certificate that this gateway shows, with its chain, and of its key. */
  readonly cert?: string | undefined
  readonly key?: string | undefined
  /** Addresses, ranges and names that may be reached although they are not public. Default: none. */
  readonly allow?: readonly string[]
  /** How long the addresses of a name are good, in ms. Default: 10 s. */
  readonly dnsRefreshMs?: number
}

/** What a dialer is given besides, by whoever makes it. */
export interface DialParts {
  readonly clock?: Clock
  readonly resolve?: Resolve | undefined
  /** The host of the origin leads to an address that may not be reached. */
  readonly refused?: ((host: string) => void) | undefined
}

const DNS_REFRESH_MS = 10_000
/** What `localhost` may mean (RFC 6761, 6.3). */
const LOOPBACK = ['127.0.0.0/8', '::1']

/** When the system begins to probe a silent connection, in ms: a server that vanished must not look idle for ever. */
const PROBE_AFTER_MS = 60_000

type Reading = { readonly onread?: OnReadOpts }

/** Opens sockets to one origin. */
export class Dialer {
  readonly #isSecure: boolean
  readonly #host: string
  readonly #port: number
  readonly #options: DialOptions
  /** Of the last connection whose certificate was verified: the next one resumes it (RFC 8446, 2.2). */
  #session: Buffer | undefined
  /** Made once: reading authorities and certificates anew costs milliseconds for each connection. */
  #context: SecureContext | undefined
  /** What has to be looked up; undefined where the operator wrote an address. That one is reached as it was written. */
  readonly name: PeerName | undefined

  /** @param origin such as `https://eu.llm.example.com:8443`. */
  constructor(origin: string, options: DialOptions, { clock = systemClock, resolve, refused }: DialParts = {}) {
    const { protocol, hostname, port } = new URL(origin)
    this.#isSecure = protocol === 'https:'
    this.#host = hostname.replace(/^\[|\]$/g, '')
    this.#port = port === '' ? (this.#isSecure ? 443 : 80) : Number(port)
    this.#options = options
    if (isIP(this.#host) === 0) {
      const { allow = [], dnsRefreshMs: refreshMs = DNS_REFRESH_MS } = options
      const reach = new Reach(isLocalName(this.#host) ? [...allow, ...LOOPBACK] : allow)
      this.name = new PeerName(this.#host, {
        reach,
        refreshMs,
        clock,
        resolve,
        refused: refused === undefined ? undefined : () => refused(this.#host)
      })
    }
  }

  /**
   * Starts to connect. With `onread` the socket reads into that buffer instead of one of its own, and emits no `data`.
   * @returns the socket, so that it can be destroyed at any time.
   */
  dial(told: Dialled, onread?: OnReadOpts): Socket {
    const reading = onread === undefined ? {} : { onread }
    const socket = this.#isSecure ? this.#secure(reading) : this.#plain(reading)
    let done: Dialled | undefined = told
    const tell: Dialled = (...outcome) => {
      const once = done
      done = undefined
      once?.(...outcome)
    }
    socket.setNoDelay(true).setKeepAlive(true, PROBE_AFTER_MS)
    socket.once(this.#isSecure ? 'secureConnect' : 'connect', () => tell(null, socket))
    // Stays: an error after this was somebody else's to tell must not end the process.
    socket.on('error', error => tell(error, null))
    return socket
  }

  #plain(reading: Reading): Socket {
    return connect({ host: this.#host, port: this.#port, ...this.#lookup(), ...reading })
  }

  #secure(reading: Reading): TLSSocket {
    const { ca, cert, key, serverName } = this.#options
    // A certificate is verified once. No peer needs a second handshake, and one that asks for them keeps us busy.
    this.#context ??= createSecureContext({
      secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
      ...(ca === undefined ? {} : { ca }),
      ...(cert === undefined || key === undefined ? {} : { cert, key })
    })
    const socket = connectSecurely({
      host: this.#host,
      port: this.#port,
      ALPNProtocols: ['http/1.1'],
      rejectUnauthorized: true,
      secureContext: this.#context,
      ...this.#lookup(),
      ...reading,
      ...(serverName === undefined ? {} : { servername: serverName }),
      ...(this.#session === undefined ? {} : { session: this.#session })
    })
    socket.on('session', session => {
      if (socket.authorized) this.#session = session
    })
    return socket
  }

  #lookup() {
    return this.name === undefined ? {} : { lookup: this.name.lookup }
  }
}
