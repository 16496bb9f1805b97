/** Who decides about a try while it goes: what it is told, and what it is asked. Types only. */
import type { Socket } from 'node:net'
import type { ResponseHeaders } from '../upstream/transport.ts'
import type { LiveAttempt } from './attempt.ts'
import type { LiveExchange } from './exchange.ts'

/** Who decides: the pipeline. */
export interface Conductor {
  /** Whether an answer like this is to be followed by another try. Asked before anything of it is passed on. */
  isRejected(attempt: LiveAttempt, status: number | undefined, inStream: boolean): boolean
  /** Whether the opening of a stream should be held back until it commits. */
  shouldPeek(attempt: LiveAttempt): boolean
  /** Whether a stream whose content is late is to be followed by another try. */
  isLate(attempt: LiveAttempt): boolean
  /** The answer goes to the client: its head is known, its body follows. */
  committed(attempt: LiveAttempt): void
  /** The try has failed before it was committed; `outcome` and `failureCode` say how. */
  failed(attempt: LiveAttempt): void
  /** An informational answer (1xx). */
  informed(attempt: LiveAttempt, status: number, headers: ResponseHeaders): void
  /** The peer has agreed to a WebSocket: the connection is the exchange's. */
  upgraded(attempt: LiveAttempt, socket: Socket, rest: Buffer): void
  /** Outcome and times are final. */
  concluded(attempt: LiveAttempt): void
  /** What is waited for has changed. */
  rearm(exchange: LiveExchange): void
}
