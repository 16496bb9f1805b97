/**
 * The only writer of log lines. A line is one JSON object of a typed event,
 * readable by pino's tools; there is no way to write a sentence. Lines are
 * collected and handed to pino's destination in pieces, because a write per
 * line costs more than the line. A reader that stands still costs lines, which
 * are counted, and never a request. Knows nothing of exchanges but their names.
 */
import { writeFileSync } from 'node:fs'
import { destination } from 'pino'
import { type Clock, systemClock } from './clock.ts'
import type { Facts } from './contract/exchange.ts'
import { CORE_EVENTS, type CoreEventFacts, type CoreEventName } from './log/core-events.ts'
import { type CompiledEvent, compileEvent, type EventLevel, type ExchangeOfEvent, LOG_LEVELS } from './log/event.ts'

export { CORE_EVENTS, type CoreEventFacts, type CoreEventName } from './log/core-events.ts'
export { errorCode } from './log/error-code.ts'
export { type CompiledEvent, compileEvent, type EventConstants, type EventLevel } from './log/event.ts'

/** The least grave level that is written; `silent` writes nothing. */
export type LogLevel = EventLevel | 'silent'

/** Writes events. */
export interface Logger {
  /** May be set at any time. */
  level: LogLevel
  /** Writes one of core's own events. */
  event<Name extends CoreEventName>(name: Name, facts: CoreEventFacts<Name>): void
  /** Writes an event of a plugin, with the id and the route of its exchange if it has one. */
  write(event: CompiledEvent, facts: Facts, exchange?: ExchangeOfEvent): void
  /** Writes a line that another process of this gateway has made, with its line break. */
  relay(line: string): void
  /** Lines that were lost because the reader stood still or the disk refused them. Only rises. */
  readonly droppedLines: number
  /** Waits until every line so far has been handed to the system, or one second has passed. */
  flush(): Promise<void>
  /** Flushes, and writes no line any more. */
  close(): Promise<void>
}

/** Settings of {@link createLogger}. */
export interface LoggerOptions {
  readonly level: LogLevel
  /** File descriptor that lines go to, which {@link Logger.close} closes; standard output if not given. */
  readonly fileDescriptor?: number
  /** Takes each line, newline included, instead of the destination. */
  readonly write?: (line: string) => void
  /** For the stamps. */
  readonly clock?: Clock
}

/** Lines are handed on after this time at the latest, in ms. */
const FLUSH_MS = 100
/** Bytes that are collected before they are handed on sooner. */
const PIECE_BYTES = 65_536
/** Bytes that may wait for a reader. */
const MAX_WAITING_BYTES = 1 << 20
/** How often a full pipe is tried, a tenth of a second apart, while the process exits. */
const MAX_EXIT_ATTEMPTS = 20
/** How soon a full pipe is tried again: at first, and at the longest, in ms. */
const RETRY_MS = { first: 2, last: 100 } as const
/** Longest time that closing may take, in ms. */
const CLOSE_MS = 1000

/** Makes a logger. Close it, or its lines of the last {@link FLUSH_MS} ms are written when the process exits. */
export function createLogger(options: LoggerOptions): Logger {
  return new EventLogger(options)
}

const coreEvents = new Map<string, CompiledEvent>(
  Object.entries(CORE_EVENTS).map(([name, schema]) => [name, compileEvent(name, schema)])
)

class EventLogger implements Logger {
  #level: LogLevel
  #threshold: number
  readonly #clock: Clock
  readonly #sink: Sink
  #droppedReported = 0

  constructor({ level, fileDescriptor = 1, write, clock = systemClock }: LoggerOptions) {
    this.#level = level
    this.#threshold = thresholdOf(level)
    this.#clock = clock
    this.#sink = write === undefined ? new BatchedSink(fileDescriptor) : new DirectSink(write)
  }

  get level(): LogLevel {
    return this.#level
  }

  set level(level: LogLevel) {
    this.#level = level
    this.#threshold = thresholdOf(level)
  }

  get droppedLines(): number {
    return this.#sink.droppedLines
  }

  event<Name extends CoreEventName>(name: Name, facts: CoreEventFacts<Name>): void {
    const event = coreEvents.get(name)
    if (event !== undefined) this.write(event, facts)
  }

  write(event: CompiledEvent, facts: Facts, exchange?: ExchangeOfEvent): void {
    const level = LOG_LEVELS[event.level]
    if (level < this.#threshold) return
    this.#sink.append(`{"level":${level},"time":${this.#clock.now()},${event.render(facts, exchange)}}\n`)
    if (this.#sink.recovered && this.droppedLines !== this.#droppedReported) this.#reportDropped()
  }

  relay(line: string): void {
    // What is over when the level is set anew, or closed, is over for others, too.
    if (this.#threshold === Number.POSITIVE_INFINITY) return
    this.#sink.append(line)
  }

  flush(): Promise<void> {
    return this.#sink.flush()
  }

  close(): Promise<void> {
    this.#threshold = Number.POSITIVE_INFINITY
    return this.#sink.close()
  }

  /** Once lines pass again, says how many did not. */
  #reportDropped(): void {
    const lines = this.droppedLines - this.#droppedReported
    this.#droppedReported = this.droppedLines
    this.event('log_lines_dropped', { lines })
  }
}

function thresholdOf(level: LogLevel): number {
  return level === 'silent' ? Number.POSITIVE_INFINITY : LOG_LEVELS[level]
}

interface Sink {
  readonly droppedLines: number
  /** Whether the last piece that was handed over was taken. */
  readonly recovered: boolean
  append(line: string): void
  flush(): Promise<void>
  close(): Promise<void>
}

class DirectSink implements Sink {
  readonly droppedLines = 0
  readonly recovered = true
  readonly append: (line: string) => void
  constructor(write: (line: string) => void) {
    this.append = write
  }
  async flush(): Promise<void> {}
  async close(): Promise<void> {}
}

/** Collects lines, and hands them to pino's destination, which writes them in a thread and keeps a bounded rest. */
class BatchedSink implements Sink {
  readonly #fileDescriptor: number
  readonly #destination: ReturnType<typeof destination>
  /** Lines that were not handed over yet: as bytes, because joined strings are long chains to the collector. */
  readonly #piece = Buffer.allocUnsafe(PIECE_BYTES)
  #pieceBytes = 0
  #pieceLines = 0
  #timer: NodeJS.Timeout | undefined
  #retryTimer: NodeJS.Timeout | undefined
  #dropped = 0
  #recovered = true
  /** Whether the destination holds or is writing something, and how many lines at most. */
  #waiting = false
  #waitingLines = 0
  #failed = false
  #gone = false
  #closed = false
  #retryMs: number = RETRY_MS.first
  #exiting = false
  #exitAttempts = 0

  constructor(fileDescriptor: number) {
    this.#fileDescriptor = fileDescriptor
    // Node makes a pipe non-blocking when it opens the stream on it. Otherwise a reader that stands still would hold
    // one of the few threads that also resolve names, and the process could not end.
    if (fileDescriptor === 1) process.stdout.writable
    this.#destination = destination({
      dest: fileDescriptor,
      sync: false,
      minLength: 1,
      maxWrite: 1 << 16,
      maxLength: MAX_WAITING_BYTES,
      // Told as an error instead, and tried again sooner than the destination itself would.
      retryEAGAIN: () => this.#exiting && this.#exitAttempts++ < MAX_EXIT_ATTEMPTS
    })
    this.#destination.on('drop', () => this.#drop(this.#pieceLines))
    this.#destination.on('error', (error: NodeJS.ErrnoException) => this.#onError(error))
    this.#destination.on('write', () => {
      this.#failed = false
      this.#retryMs = RETRY_MS.first
    })
    this.#destination.on('drain', () => {
      this.#waitingLines = 0
      this.#waiting = false
    })
    this.#destination.once('close', () => {
      this.#gone = true
    })
    // Before pino's own listeners: they close the destination when the process has nothing left to do.
    process.prependListener('beforeExit', this.#onTimer)
    process.prependListener('exit', this.#onExit)
  }

  get droppedLines(): number {
    return this.#dropped
  }

  get recovered(): boolean {
    return this.#recovered
  }

  append(line: string): void {
    if (this.#closed) return
    // One UTF-16 unit is at most three bytes of UTF-8.
    if (this.#pieceBytes + line.length * 3 > PIECE_BYTES) this.#handOver()
    this.#pieceBytes += this.#piece.write(line, this.#pieceBytes)
    this.#pieceLines++
    if (this.#timer === undefined) this.#timer = setTimeout(this.#onTimer, FLUSH_MS).unref()
  }

  flush(): Promise<void> {
    if (this.#closed || this.#gone) return Promise.resolve()
    this.#handOver()
    return this.#drained()
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#handOver()
    this.#closed = true
    process.removeListener('beforeExit', this.#onTimer)
    process.removeListener('exit', this.#onExit)
    if (this.#gone) return
    await bounded(done => {
      this.#destination.once('close', done)
      this.#destination.end()
    })
    // A reader that is stuck must not hold up the end of the process.
    this.#destination.destroy()
  }

  /** The callback of the destination's own flush would take a full pipe for the end. */
  #drained(): Promise<void> {
    return bounded(done => {
      this.#destination.once('drain', done)
      this.#destination.flush()
    })
  }

  readonly #onTimer = (): void => this.#handOver()

  #handOver(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (this.#pieceBytes === 0) return
    if (this.#gone) this.#drop(this.#pieceLines)
    else {
      const droppedBefore = this.#dropped
      this.#waiting = true
      this.#destination.write(this.#piece.toString('utf8', 0, this.#pieceBytes))
      this.#recovered = this.#dropped === droppedBefore
      if (this.#recovered) this.#waitingLines += this.#pieceLines
    }
    this.#pieceBytes = 0
    this.#pieceLines = 0
  }

  #drop(lines: number): void {
    this.#dropped += lines
  }

  /** What could not be written waits: for the reader of a full pipe, or for the next piece; unless nobody will ever read it. */
  #onError(error: NodeJS.ErrnoException): void {
    if (this.#gone) return
    if (error.code === 'EAGAIN') {
      if (this.#retryTimer !== undefined) return
      this.#retryTimer = setTimeout(this.#retry, this.#retryMs).unref()
      this.#retryMs = Math.min(this.#retryMs * 2, RETRY_MS.last)
      return
    }
    this.#failed = true
    if (error.code !== 'EPIPE') return
    this.#gone = true
    this.#recovered = false
    this.#drop(this.#waitingLines)
  }

  readonly #retry = (): void => {
    this.#retryTimer = undefined
    if (!this.#gone) this.#destination.flush()
  }

  /** Writes the rest at once; but not for ever to a reader that is stuck or a disk that is full. */
  readonly #onExit = (): void => {
    this.#exiting = true
    try {
      if (this.#gone || this.#failed) throw new Error('nobody takes lines')
      // What waits goes first. The destination itself tries a full disk for ever, so it is not given the rest.
      if (this.#waiting) this.#destination.flushSync()
      writeFileSync(this.#fileDescriptor, this.#piece.subarray(0, this.#pieceBytes))
    } catch {
      // Nobody is left to be told; and pino's own listener, which would try again, passes over a destroyed one.
      this.#destination.destroy()
    }
  }
}

/** Waits for `start` to call back, though not for a reader that never reads. */
function bounded(start: (done: () => void) => void): Promise<void> {
  return new Promise(resolve => {
    const timer = setTimeout(resolve, CLOSE_MS)
    start(() => {
      clearTimeout(timer)
      resolve()
    })
  })
}
