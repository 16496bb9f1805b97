/**
 * A network between two ends that a test makes bad: slow, uneven, narrow, cut in
 * the middle, reset, or silent for ever. A TCP proxy on a loopback port that
 * passes bytes on as they are. Knows nothing of HTTP or of the gateway.
 */
import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { type Alarm, systemAlarm } from '../../core/within.ts'
import { seededRandom } from './random.ts'
import type { Teardown } from './upstream.ts'

/** What happens to the bytes of one direction. */
export interface LaneFaults {
  /** Each piece arrives so much later. */
  readonly latencyMs?: number
  /** And by chance up to so much later still; pieces stay in order. */
  readonly jitterMs?: number
  readonly bytesPerSecond?: number
  /** Passes so many bytes of the connection on, and then breaks it. */
  readonly cut?: { readonly afterBytes: number; readonly how: Break }
}

/** `end` closes both sides in good order, `reset` without; `halfOpen` leaves both open and carries nothing any more. */
export type Break = 'end' | 'reset' | 'halfOpen'

/** What happens to one connection. */
export interface Faults {
  /** `reset` ends a connection as it is accepted; `silent` accepts it and knows no other end. */
  readonly accept?: 'reset' | 'silent'
  readonly toServer?: LaneFaults
  readonly toClient?: LaneFaults
  /** An end that one side has said reaches the other so much later. */
  readonly closeDelayMs?: number
}

/** The network as a test holds it. */
export interface FaultProxy {
  readonly port: number
  /** `http://127.0.0.1:<port>`. */
  readonly url: string
  /** Connections accepted so far, and those that are open. */
  readonly accepted: number
  readonly open: number
  /** For connections that come from now on: the same for all, or by their number, counted from 0. */
  set(faults: Faults | ((connection: number) => Faults)): void
  /** Breaks every open connection where it is. */
  breakAll(how: Break): void
}

/** Settings of a proxy. */
export interface FaultProxyOptions {
  readonly seed?: number
  /** What delays wait on; by default real time. */
  readonly alarm?: Alarm
}

/** Pieces of a narrow lane hold so much of a second. */
const SLICE = 1 / 20

/** Starts a network in front of `targetPort`; it ends with the test. */
export async function startFaultProxy(
  t: Teardown,
  targetPort: number,
  { seed = 1, alarm = systemAlarm }: FaultProxyOptions = {}
): Promise<FaultProxy> {
  const random = seededRandom(seed)
  const links = new Set<Link>()
  let faultsOf: (connection: number) => Faults = () => ({})
  let accepted = 0
  const server = createServer({ allowHalfOpen: true, noDelay: true }, client => {
    const faults = faultsOf(accepted++)
    if (faults.accept === 'reset') {
      client.resetAndDestroy()
      return
    }
    const link = new Link(client, faults.accept === 'silent' ? undefined : targetPort, { faults, random, alarm })
    links.add(link)
    client.on('close', () => links.delete(link))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new TypeError('the network listens on no port')
  t.teardown(async () => {
    const closed = once(server, 'close')
    server.close()
    for (const link of links) link.break('reset')
    await closed
  })
  return {
    port: address.port,
    url: `http://127.0.0.1:${address.port}`,
    get accepted() {
      return accepted
    },
    get open() {
      return links.size
    },
    set(faults) {
      faultsOf = typeof faults === 'function' ? faults : () => faults
    },
    breakAll(how) {
      for (const link of [...links]) link.break(how)
    }
  }
}

interface LinkOptions {
  readonly faults: Faults
  readonly random: () => number
  readonly alarm: Alarm
}

/** One connection through the network. */
class Link {
  readonly #sockets: readonly Socket[]
  #isSilent = false

  constructor(client: Socket, targetPort: number | undefined, { faults, random, alarm }: LinkOptions) {
    // Ends break here on purpose; `close` follows.
    client.on('error', () => {})
    if (targetPort === undefined) {
      this.#sockets = [client.resume()]
      return
    }
    const server = connect({ port: targetPort, host: '127.0.0.1', allowHalfOpen: true, noDelay: true })
    server.on('error', () => {})
    this.#sockets = [client, server]
    const { toServer = {}, toClient = {}, closeDelayMs = 0 } = faults
    const shared = {
      random,
      alarm,
      closeDelayMs,
      broke: (how: Break) => this.break(how),
      isSilent: () => this.#isSilent
    }
    new Lane(client, server, { ...shared, faults: toServer })
    new Lane(server, client, { ...shared, faults: toClient })
  }

  break(how: Break): void {
    if (how === 'halfOpen') this.#isSilent = true
    else if (how === 'end') for (const socket of this.#sockets) socket.destroySoon()
    else for (const socket of this.#sockets) socket.resetAndDestroy()
  }
}

interface LaneOptions extends Omit<LinkOptions, 'faults'> {
  readonly faults: LaneFaults
  readonly closeDelayMs: number
  readonly broke: (how: Break) => void
  /** Whatever comes is taken and goes nowhere, ends included. */
  readonly isSilent: () => boolean
}

/** One direction of a connection: what came in, in order, until it goes out. */
class Lane {
  readonly #from: Socket
  readonly #to: Socket
  readonly #options: LaneOptions
  /** `paceMs` is how long the lane is taken by it. */
  readonly #waiting: { isThere: boolean; readonly paceMs: number; readonly work: () => void }[] = []
  #isTaken = false
  #takenBytes = 0
  #isOver = false

  constructor(from: Socket, to: Socket, options: LaneOptions) {
    this.#from = from
    this.#to = to
    this.#options = options
    const { closeDelayMs } = options
    from.on('data', (piece: Buffer) => this.#take(piece))
    from.on('end', () => this.#later(closeDelayMs, 0, () => to.end()))
    from.on('close', hadError => {
      if (hadError) this.#later(0, 0, () => to.resetAndDestroy())
      else this.#later(closeDelayMs, 0, () => to.destroySoon())
    })
    to.on('drain', () => from.resume())
  }

  #take(piece: Buffer): void {
    if (this.#isOver) return
    const { latencyMs = 0, jitterMs = 0, bytesPerSecond, cut } = this.#options.faults
    const left = (cut?.afterBytes ?? Number.POSITIVE_INFINITY) - this.#takenBytes
    const kept = piece.subarray(0, Math.min(piece.length, left))
    this.#takenBytes += kept.length
    const delayMs = latencyMs + this.#options.random() * jitterMs
    const sliceBytes = bytesPerSecond === undefined ? kept.length : Math.ceil(bytesPerSecond * SLICE)
    for (let at = 0; at < kept.length; at += sliceBytes) {
      const slice = kept.subarray(at, at + sliceBytes)
      const paceMs = bytesPerSecond === undefined ? 0 : (slice.length / bytesPerSecond) * 1000
      this.#later(delayMs, paceMs, () => {
        if (this.#to.writable && !this.#to.write(slice)) this.#from.pause()
      })
    }
    if (cut === undefined || this.#takenBytes < cut.afterBytes) return
    this.#isOver = true
    this.#later(delayMs, 0, () => this.#options.broke(cut.how))
  }

  /** Does something after so long, and after everything that is before it in the lane. */
  #later(delayMs: number, paceMs: number, work: () => void): void {
    if (this.#options.isSilent()) return
    const entry = { isThere: delayMs === 0, paceMs, work }
    this.#waiting.push(entry)
    if (delayMs > 0) {
      this.#options.alarm(delayMs, () => {
        entry.isThere = true
        this.#goOn()
      })
    } else this.#goOn()
  }

  #goOn(): void {
    while (!this.#isTaken && this.#waiting[0]?.isThere === true) {
      const next = this.#waiting.shift()
      if (next === undefined || this.#options.isSilent()) return
      next.work()
      if (next.paceMs === 0) continue
      this.#isTaken = true
      this.#options.alarm(next.paceMs, () => {
        this.#isTaken = false
        this.#goOn()
      })
    }
  }
}
