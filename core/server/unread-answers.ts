/**
 * Gives up on clients that take nothing of an answer whose exchange is over.
 * Node has no limit for them: it counts idle time from the moment on which all
 * was sent. Knows connections only, nothing of what was answered.
 */
import type { Socket } from 'node:net'
import type { Clock } from '../clock.ts'
import { Timer, type TimerWheel } from '../timers.ts'

/** How often connections are looked at, in ms; more often where they may be idle for less. */
const CHECK_MS = 1_000

/** Settings of {@link UnreadAnswers}. */
export interface UnreadAnswersOptions {
  readonly clock: Clock
  readonly wheel: TimerWheel
  /** How long nothing at all may be taken, in ms. */
  readonly idleMs: number
  /** Whether an exchange looks after this connection itself. */
  readonly isBusy: (socket: Socket) => boolean
}

/** Open connections, looked at now and then rather than with every answer. */
export class UnreadAnswers extends Timer {
  readonly #options: UnreadAnswersOptions
  readonly #sockets = new Set<Socket>()
  readonly #limited = new WeakSet<Socket>()

  constructor(options: UnreadAnswersOptions) {
    super()
    this.#options = options
  }

  /** Looks after a connection until it is closed. */
  watch(socket: Socket): void {
    this.#sockets.add(socket)
    socket.on('close', () => this.#sockets.delete(socket))
    if (!this.scheduled) this.#scheduleNext()
  }

  /** The connection has something else to wait for now. */
  release(socket: Socket): void {
    if (this.#limited.delete(socket)) socket.setTimeout(0)
  }

  expire(): void {
    const { idleMs, isBusy } = this.#options
    for (const socket of this.#sockets) {
      if (socket.writableLength === 0) this.#limited.delete(socket)
      else if (!isBusy(socket) && !this.#limited.has(socket)) {
        this.#limited.add(socket)
        // Knows how far a write has got, and closes the connection; Node sets its own when all was sent.
        socket.setTimeout(idleMs)
      }
    }
    if (this.#sockets.size > 0) this.#scheduleNext()
  }

  #scheduleNext(): void {
    const { clock, wheel, idleMs } = this.#options
    wheel.schedule(this, clock.monotonic() + Math.min(CHECK_MS, idleMs))
  }
}
