/**
 * The thread that writes records. What has arrived meanwhile is committed
 * together; while the disk takes nothing, rows wait here and everything else goes
 * on, for dropping old days may be what makes room.
 */
import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads'
import { errorCode } from '../log/error-code.ts'
import { countRows } from './arrivals.ts'
import type { CallMessage, FromThread, RowsMessage, ToWriter, WriterCall } from './messages.ts'
import type { NewEvent } from './outbox.ts'
import { faultOf } from './thread.ts'
import type { RecordWriter } from './writer.ts'

/** Bytes that are committed together at most. */
const MAX_COMMIT_BYTES = 4 << 20
/** Pause before rows are tried again that the disk did not take, in ms. */
const RETRY_MS = 500
/** After this time without rows, journals are written back, in ms. */
const IDLE_MS = 5_000

/** Primary result codes of SQLite that another time may be better: BUSY, LOCKED, READONLY, IOERR, FULL, CANTOPEN. */
const TEMPORARY: ReadonlySet<number> = new Set([5, 6, 8, 10, 13, 14])

/** Whether what failed may go well later, such as on a full disk. */
export function isTemporary(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const code: unknown = Reflect.get(error, 'errcode')
  if (typeof code === 'number') return TEMPORARY.has(code & 0xff)
  return ['ENOSPC', 'EDQUOT', 'EROFS', 'EIO', 'EMFILE', 'ENFILE'].includes(String(Reflect.get(error, 'code')))
}

/** Serves one port with one writer. */
export class WriterThread {
  readonly #port: MessagePort
  readonly #writer: RecordWriter
  readonly #waiting: RowsMessage[] = []
  #retry: NodeJS.Timeout | undefined
  #idle: NodeJS.Timeout | undefined

  constructor(port: MessagePort, writer: RecordWriter) {
    this.#port = port
    this.#writer = writer
    port.on('message', (message: ToWriter) => {
      this.#take(message)
      // Whatever has arrived meanwhile is part of the same commit.
      let next = receiveMessageOnPort(port)
      for (; next !== undefined; next = receiveMessageOnPort(port)) this.#take(next.message)
      if (this.#retry === undefined) this.#commit()
    })
    this.#say({ type: 'ready' })
  }

  #say(message: FromThread, transfer: readonly ArrayBuffer[] = []): void {
    this.#port.postMessage(message, transfer)
  }

  #take(message: ToWriter): void {
    if (message.type === 'rows') {
      this.#waiting.push(message)
      return
    }
    // Rows that came before are written before.
    if (this.#retry === undefined) this.#commit()
    if (message.type === 'kind') this.#writer.setKind(message.number, message.layout)
    else if (message.type === 'events') this.#emit(message.events)
    else this.#answer(message)
  }

  #commit(): void {
    clearTimeout(this.#idle)
    while (this.#waiting.length > 0) {
      const together = firstOf(this.#waiting)
      let lost: { readonly code: string; readonly rows: number } | undefined
      const pieces = together.map(({ memory, length }) => Buffer.from(memory, 0, length))
      try {
        this.#writer.take(pieces)
      } catch (error) {
        if (isTemporary(error)) {
          this.#say({ type: 'stalled', code: errorCode(error) })
          this.#retry = setTimeout(() => {
            this.#retry = undefined
            this.#commit()
          }, RETRY_MS)
          return
        }
        lost = { code: errorCode(error), rows: pieces.reduce((sum, piece) => sum + countRows(piece), 0) }
      }
      this.#waiting.splice(0, together.length)
      const memories = together.map(({ memory }) => memory)
      this.#say({ type: 'committed', sequence: together.at(-1)?.sequence ?? 0, memories, lost }, memories)
    }
    this.#idle = setTimeout(() => this.#writer.closePartitions(), IDLE_MS)
    this.#idle.unref()
  }

  #emit(events: readonly NewEvent[]): void {
    let lost = events.length
    try {
      lost = this.#writer.outbox.add(events)
    } catch (error) {
      this.#say({ type: 'stalled', code: errorCode(error) })
    }
    this.#say({ type: 'emitted', count: events.length, lost })
  }

  #answer({ id, call }: CallMessage<WriterCall>): void {
    try {
      this.#say({ type: 'answer', id, answer: this.#call(call) })
    } catch (error) {
      this.#say({ type: 'refusal', id, error: faultOf(error) })
    }
  }

  #call(call: WriterCall): unknown {
    switch (call.method) {
      case 'expire':
        return this.#writer.expire(call.days)
      case 'addUp':
        return this.#writer.addUp()
      case 'expireFigures':
        return this.#writer.rollups.expire(call.oldest)
      case 'erase':
        return this.#writer.erase(call.subject, call.classes)
      case 'rotate':
        return this.#writer.rotate(call.key, call.wrapped, call.master)
      case 'due':
        return this.#writer.due(call.webhook, call.now, call.limit)
      case 'settle':
        return this.#writer.outbox.settle(call.settlements)
      case 'spooled':
        return this.#writer.spool.first(call.limit)
      case 'unspool':
        return this.#writer.spool.remove(call.seqs)
      case 'collect':
        return this.#writer.collect(call.parcels)
      case 'counts':
        return this.#writer.outbox.counts()
      case 'tidy':
        return this.#writer.outbox.tidy(call.webhooks, call.before)
      case 'close':
        clearTimeout(this.#retry)
        clearTimeout(this.#idle)
        return this.#writer.close()
    }
  }
}

function firstOf(waiting: readonly RowsMessage[]): readonly RowsMessage[] {
  let bytes = 0
  const count = waiting.findIndex(({ length }) => {
    bytes += length
    return bytes > MAX_COMMIT_BYTES
  })
  return waiting.slice(0, count < 0 ? waiting.length : Math.max(count, 1))
}
