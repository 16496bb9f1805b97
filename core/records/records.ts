/**
 * Records as the gateway sees them: rows go in without waiting and are committed in groups by a thread; questions are
 * answered by another. The queue between has an end: what does not fit any more is counted, and never held up anybody.
 */
import { mkdirSync } from 'node:fs'
import type { Clock } from '../clock.ts'
import type { RecordClass, RecordPage, RecordQuery } from '../contract/records.ts'
import type { RollupFigures, RollupQuery } from '../contract/rollups.ts'
import { GatewayError } from '../errors.ts'
import type { Health } from '../plugin.ts'
import { countRows } from './arrivals.ts'
import { Writer } from './codec.ts'
import { isExpired } from './days.ts'
import { Errands } from './errands.ts'
import { openRootKey } from './key-store.ts'
import { compileKind, type Row } from './kind.ts'
import type { MasterKey } from './master-key.ts'
import type { FromThread, ReaderAnswers, ReaderCall, ThreadData, WriterAnswers, WriterCall } from './messages.ts'
import type { NewEvent } from './outbox.ts'
import { keyFile, listDays, listKinds } from './partitions.ts'
import { checkQuery, invalid } from './query.ts'
import { type RowContext, writeRow } from './row.ts'
import { idMaker } from './row-ids.ts'
import type { OpenKind, RowSink } from './row-sink.ts'
import { newKey } from './sealing.ts'
import { shapeText } from './shape.ts'
import { travelKeyOf } from './spool.ts'
import { RecordThread } from './thread.ts'
import type { Vocabulary } from './vocabulary.ts'
import type { DroppedDay, Erasure } from './writer.ts'

/** Settings of {@link Records.open}. */
export interface RecordsOptions {
  /** Made when it is not there. Several processes may write to it, each in a lane of its own. */
  readonly directory: string
  /** The one that is used first, then older ones. */
  readonly masterKeys: readonly MasterKey[]
  readonly clock: Clock
  readonly vocabulary: Vocabulary
  /** Longest life of rows by class, in ms. */
  readonly lives: Readonly<Record<RecordClass, number>>
  /** Bytes of rows that may wait for the disk. Default 64 MiB. */
  readonly queueBytes?: number
  /** Whether rows are not kept here but handed to another gateway, by way of {@link Records.spooled}. */
  readonly isSending?: boolean
  /** Told the code of each thing that went wrong. */
  readonly failed?: (code: string) => void
}

/** Every class of records. */
export const RECORD_CLASSES: readonly RecordClass[] = ['access', 'usage', 'billing', 'audit', 'account', 'consent']

/** Rows are handed to the writer after this time, in ms, but while it is busy: each message costs as much as ten rows. */
const HAND_OVER_MS = 20
/** Memory that rows are collected in. */
const PIECE_BYTES = 256 * 1024
/** Pieces of memory that are kept for the next rows. */
const MAX_SPARE = 4
/** Events that may be on their way to the outbox. */
const MAX_EMITTING = 10_000
/** How far ahead of this machine's clock an instant may be, in ms. */
const AHEAD_MS = 3_600_000

/** Rows of all kinds. */
export class Records extends Errands implements RowSink {
  readonly #options: RecordsOptions
  #data: ThreadData
  readonly #kinds = new Map<string, OpenKind & { readonly shape: string }>()
  readonly #context: { -readonly [Key in keyof RowContext]: RowContext[Key] }
  readonly #queueBytes: number
  #writerThread: RecordThread<WriterCall, WriterAnswers>
  #readerThread: RecordThread<ReaderCall, ReaderAnswers> | undefined
  #writer: Writer
  #spare: ArrayBuffer[] = []
  #timer: NodeJS.Timeout | undefined
  #isDue = false
  #nextNumber = 0
  /** Of the message that was sent last, and of the last one that was answered. */
  #sent = 0
  #committed = 0
  /** Lengths of the messages that were not answered yet. */
  readonly #underWay: { readonly sequence: number; readonly bytes: number }[] = []
  #waitingBytes = 0
  #waiters: { readonly sequence: number; resolve(): void; reject(error: unknown): void }[] = []
  #stalled: string | undefined
  #emitting = 0
  #onCommitted: (() => void) | undefined
  #emitted: (() => void) | undefined
  #isDead = false
  #dropped = 0
  #closing: Promise<void> | undefined

  private constructor(options: RecordsOptions, data: ThreadData) {
    super()
    this.#options = options
    this.#data = data
    this.#queueBytes = options.queueBytes ?? 64 << 20
    this.#writer = new Writer(Buffer.from(new ArrayBuffer(PIECE_BYTES)))
    this.#context = {
      vocabulary: options.vocabulary,
      now: 0,
      oldest: 0,
      youngest: 0,
      newId: idMaker()
    }
    this.#writerThread = new RecordThread(new URL('./writer-main.ts', import.meta.url), data, {
      said: message => this.#said(message),
      died: () => this.#died()
    })
  }

  /**
   * Opens the records of a directory.
   * @throws GatewayError `TACIT_MASTER_KEY_WRONG`, `TACIT_RECORDS_LOCKED`, `TACIT_RECORDS_UNWRITABLE`.
   */
  static async open(options: RecordsOptions): Promise<Records> {
    const { directory, masterKeys } = options
    try {
      mkdirSync(directory, { recursive: true, mode: 0o700 })
      const root = await openRootKey(keyFile(directory), masterKeys)
      const travelKey = options.isSending === true ? await travelKeyOf(masterKeys) : undefined
      const records = new Records(options, { directory, root, travelKey })
      await records.#writerThread.ready
      return records
    } catch (error) {
      if (error instanceof GatewayError && error.code !== 'TACIT_RECORDS_THREAD') throw error
      const cure = 'Check `records.directory` and its permissions.'
      throw new GatewayError('TACIT_RECORDS_UNWRITABLE', 'The directory of the records cannot be written to.', cure)
    }
  }

  protected get thread(): RecordThread<WriterCall, WriterAnswers> {
    return this.#writerThread
  }

  /** Rows that were lost because the queue was full or the disk refused them, since the start. Only rises. */
  get dropped(): number {
    return this.#dropped
  }

  /** Bytes of rows that wait for the disk. */
  get waitingBytes(): number {
    return this.#waitingBytes + this.#writer.offset
  }

  /**
   * Makes a kind known, and judges it. The same kind again is the same; another of its name takes its place.
   * @throws GatewayError `TACIT_RECORD_KIND`.
   */
  kind(plugin: string, name: string, declared: unknown): OpenKind {
    const kind = compileKind(plugin, name, declared)
    const shape = shapeText(kind)
    const known = this.#kinds.get(kind.name)
    if (known !== undefined && known.shape === shape && known.kind.longestLifeMs === kind.longestLifeMs) return known
    const lifeMs = Math.min(kind.longestLifeMs, this.#options.lives[kind.class])
    const open = { kind, number: this.#nextNumber++, lifeMs, shape }
    this.#kinds.set(kind.name, open)
    const { name: fullName, class: group, purpose, subject, clear, sealed, longestLifeMs, rollup } = kind
    const layout = { name: fullName, class: group, purpose, subject, clear, sealed, longestLifeMs, rollup }
    this.#writerThread.post({ type: 'kind', number: open.number, layout })
    return open
  }

  /**
   * Appends a row. Never waits; when the queue is full, the row is lost and counted.
   * @throws GatewayError `TACIT_ROW_REFUSED` for a row that does not fit its kind.
   */
  append({ kind, number, lifeMs }: OpenKind, row: Row): void {
    const context = this.#context
    const now = this.#options.clock.now()
    context.now = now
    context.oldest = now - lifeMs
    context.youngest = now + AHEAD_MS
    if (this.#writer.offset + kind.mostBytes > this.#writer.bytes.length) this.#handOver(kind.mostBytes)
    writeRow(this.#writer, number, kind, row, context)
    if (this.#timer === undefined) this.#timer = setTimeout(this.#onTimer, HAND_OVER_MS).unref()
  }

  /** Resolves when all rows so far are on the disk; rejects with `TACIT_ROWS_LOST` when some of them never will be. */
  flush(): Promise<void> {
    const lostBefore = this.#dropped
    this.#handOver(0)
    if (this.#isDead) return Promise.reject(lost())
    if (this.#committed >= this.#sent) return this.#dropped > lostBefore ? Promise.reject(lost()) : Promise.resolve()
    return new Promise((resolve, reject) => {
      const settle = () => (this.#dropped > lostBefore ? reject(lost()) : resolve())
      this.#waiters.push({ sequence: this.#sent, resolve: settle, reject })
      this.#writerThread.isAwaited = true
    })
  }

  /**
   * One page of a kind's rows, as far as their life is not over.
   * @param kind its full name, such as `metering.usage`.
   * @throws GatewayError `TACIT_QUERY_INVALID`, `TACIT_SEAL_BROKEN`.
   */
  async query(kind: string, query: RecordQuery): Promise<RecordPage> {
    const checked = checkQuery(query)
    const known = this.#kinds.get(kind)
    const oldest = known === undefined ? 0 : this.#options.clock.now() - known.lifeMs
    return await this.#reader().call({
      method: 'query',
      kind,
      query: { ...checked, from: Math.max(checked.from, oldest) }
    })
  }

  /** What is added up of a kind's rows, with every row that was appended before. @throws GatewayError `TACIT_QUERY_INVALID`. */
  async rollup(kind: string, query: RollupQuery): Promise<readonly RollupFigures[]> {
    const layout = this.#kinds.get(kind)?.kind.rollup
    if (layout === undefined) throw invalid('nothing is added up of them')
    await this.addUp()
    return await this.#reader().call({ method: 'rollup', kind, layout, query })
  }

  /** Adds up the rows that were appended before. */
  async addUp(): Promise<void> {
    this.#handOver(0)
    while (await this.#writerThread.call({ method: 'addUp' }));
  }

  /**
   * Drops every day whose rows have lived their lives, with its key. Days of kinds that no plugin has any more live as
   * long as the longest class. @returns what was dropped.
   */
  async expire(): Promise<readonly DroppedDay[]> {
    const now = this.#options.clock.now()
    await this.#writerThread.call({ method: 'expireFigures', oldest: now - this.#options.lives.billing })
    const longest = Math.max(...Object.values(this.#options.lives))
    const due = listKinds(this.#data.directory).flatMap(kind => {
      const lifeMs = this.#kinds.get(kind)?.lifeMs ?? longest
      return listDays(this.#data.directory, kind).flatMap(day => (isExpired(day, lifeMs, now) ? [{ kind, day }] : []))
    })
    return due.length === 0 ? due : await this.drop(due)
  }

  /** Drops days with their keys, whatever their age. @returns those that were there. */
  async drop(days: readonly DroppedDay[]): Promise<readonly DroppedDay[]> {
    await this.#readerThread?.call({ method: 'forget' })
    const dropped = await this.#writerThread.call({ method: 'expire', days })
    await this.#readerThread?.call({ method: 'forget' })
    return dropped
  }

  /**
   * Destroys a subject's keys, so that no row of its is readable any more wherever a copy is, and deletes its rows.
   * Rows that were appended before are erased, too. May be repeated after a crash.
   */
  async erase(subject: string, classes: readonly RecordClass[] = RECORD_CLASSES): Promise<Erasure> {
    this.#handOver(0)
    const erasure = await this.#writerThread.call({ method: 'erase', subject, classes })
    await this.#readerThread?.call({ method: 'forget' })
    return erasure
  }

  /** Replaces the root key and seals every key with the new one. The gateway goes on meanwhile. */
  async rotate(): Promise<void> {
    const [master] = this.#options.masterKeys
    if (master === undefined) return
    const key = newKey()
    await this.#writerThread.call({ method: 'rotate', key, wrapped: await master.wrap(key), master: master.id })
    const reader = this.#readerThread
    this.#readerThread = undefined
    await reader?.end()
    const { directory } = this.#data
    this.#data = { directory, root: await openRootKey(keyFile(directory), this.#options.masterKeys) }
  }

  /** Puts an event into the outbox. Never waits; when too many wait for the disk, it is lost and counted. */
  emit(event: NewEvent): void {
    if (this.#isDead || this.#emitting >= MAX_EMITTING) {
      this.#lose(1, 'QUEUE_FULL')
      return
    }
    this.#emitting++
    this.#writerThread.post({ type: 'events', events: [event] })
  }

  /** Calls `listener` when events have come to be on the disk. */
  onEmitted(listener: () => void): void {
    this.#emitted = listener
  }

  /** Calls `listener` when rows have come to be on the disk. */
  onCommitted(listener: () => void): void {
    this.#onCommitted = listener
  }

  /** Whether rows may be lost: the disk takes none and half of the queue is in use, or nobody writes any more. */
  get isAtRisk(): boolean {
    return this.#isDead || (this.#stalled !== undefined && this.waitingBytes > this.#queueBytes / 2)
  }

  /** How the records are: failed while rows are lost, degraded while they wait for the disk. */
  health(): Health {
    if (this.#isDead) return { status: 'failed', detail: 'the writer has ended' }
    if (this.#stalled === undefined) return { status: 'ok' }
    return { status: this.isAtRisk ? 'failed' : 'degraded', detail: `the disk takes no rows: ${this.#stalled}` }
  }

  /** Commits what was appended, as far as the disk takes it, and closes. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    clearTimeout(this.#timer)
    if (this.#stalled === undefined) await this.flush().catch(() => {})
    this.#isDead = true
    await this.#writerThread.call({ method: 'close' }).catch(() => {})
    await this.#readerThread?.call({ method: 'close' }).catch(() => {})
    await this.#writerThread.end()
    await this.#readerThread?.end()
  }

  readonly #onTimer = (): void => {
    this.#isDue = this.#underWay.length > 0 && this.#stalled === undefined
    if (!this.#isDue) this.#handOver(0)
  }

  /** Sends what was collected, and takes other memory with room for `bytes` at least. */
  #handOver(bytes: number): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#isDue = false
    const { offset: length, bytes: piece } = this.#writer
    if (length > 0) {
      const memory = piece.buffer
      if (this.#isDead || this.#waitingBytes + length > this.#queueBytes || !(memory instanceof ArrayBuffer)) {
        this.#lose(countRows(piece.subarray(0, length)), 'QUEUE_FULL')
        this.#writer.offset = 0
      } else {
        this.#sent++
        this.#waitingBytes += length
        this.#underWay.push({ sequence: this.#sent, bytes: length })
        this.#writerThread.post({ type: 'rows', memory, length, sequence: this.#sent }, [memory])
        this.#writer = new Writer(Buffer.from(this.#spare.pop() ?? new ArrayBuffer(PIECE_BYTES)))
      }
    }
    if (bytes > this.#writer.bytes.length) this.#writer = new Writer(Buffer.from(new ArrayBuffer(bytes)))
  }

  #said(message: FromThread): void {
    if (message.type === 'stalled') {
      if (this.#stalled === undefined) this.#options.failed?.(message.code)
      this.#stalled = message.code
      return
    }
    if (message.type === 'failed') this.#options.failed?.(message.code)
    if (message.type === 'emitted') {
      this.#emitting -= message.count
      if (message.lost > 0) this.#lose(message.lost, 'OUTBOX_FULL')
      this.#emitted?.()
      return
    }
    if (message.type !== 'committed') return
    this.#stalled = undefined
    this.#committed = message.sequence
    while ((this.#underWay[0]?.sequence ?? Number.POSITIVE_INFINITY) <= message.sequence) {
      this.#waitingBytes -= this.#underWay.shift()?.bytes ?? 0
    }
    if (message.lost !== undefined) this.#lose(message.lost.rows, message.lost.code)
    for (const memory of message.memories) {
      if (this.#spare.length < MAX_SPARE && memory.byteLength === PIECE_BYTES) this.#spare.push(memory)
    }
    if (this.#isDue && this.#underWay.length === 0) this.#handOver(0)
    const settled = this.#waiters.filter(({ sequence }) => sequence <= message.sequence)
    this.#waiters = this.#waiters.filter(({ sequence }) => sequence > message.sequence)
    this.#writerThread.isAwaited = this.#waiters.length > 0
    for (const waiter of settled) waiter.resolve()
    this.#onCommitted?.()
  }

  #lose(rows: number, code: string): void {
    this.#dropped += rows
    this.#options.failed?.(code)
  }

  #died(): void {
    this.#isDead = true
    this.#options.failed?.('TACIT_RECORDS_THREAD')
    for (const waiter of this.#waiters.splice(0)) waiter.reject(lost())
  }

  /** Started with the first question. */
  #reader(): RecordThread<ReaderCall, ReaderAnswers> {
    this.#readerThread ??= new RecordThread(new URL('./reader-main.ts', import.meta.url), this.#data, {
      died: () => {
        this.#readerThread = undefined
      }
    })
    return this.#readerThread
  }
}

const lost = () => new GatewayError('TACIT_ROWS_LOST', 'Some rows could not be kept.', 'See the health of the records.')
