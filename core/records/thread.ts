/**
 * A thread of records, seen from the main thread: calls and their answers, and
 * what it says by itself. Knows nothing of rows.
 */
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { type Transferable, Worker } from 'node:worker_threads'
import { GatewayError } from '../errors.ts'
import type { FromThread, ThreadData, ThreadFault } from './messages.ts'

/** A call that was not answered yet. */
interface Pending {
  resolve(answer: unknown): void
  reject(error: unknown): void
}

/** What a thread may say by itself. */
export interface ThreadEvents {
  /** Something that answers no call. */
  readonly said?: (message: FromThread) => void
  /** It has ended by itself; nothing will be answered any more. */
  readonly died?: () => void
}

/** A thread that answers calls, each by its method. */
export class RecordThread<Call extends { readonly method: keyof Answers }, Answers> {
  readonly #worker: Worker
  readonly #pending = new Map<number, Pending>()
  readonly #ready = Promise.withResolvers<void>()
  #next = 1
  #isStarting = true
  #isEnding = false
  #isAwaited = false
  #isDead = false

  constructor(file: URL, data: ThreadData, { said, died }: ThreadEvents = {}) {
    this.#worker = new Worker(moduleOf(file), { workerData: data, env: {}, argv: [], execArgv: [], name: 'records' })
    const settled = () => {
      this.#isStarting = false
      this.#hold()
    }
    this.#ready.promise.then(settled, settled)
    this.#worker.on('message', (message: FromThread) => {
      if (message.type === 'ready') this.#ready.resolve()
      else if (message.type === 'unready') this.#ready.reject(errorOf(message.error))
      else if (message.type === 'answer' || message.type === 'refusal') this.#settle(message)
      else said?.(message)
    })
    const ended = (error: unknown) => {
      if (this.#isDead) return
      this.#isDead = true
      const fault = errorOf(faultOf(error))
      this.#ready.reject(fault)
      for (const { reject } of this.#pending.values()) reject(fault)
      this.#pending.clear()
      if (!this.#isEnding) died?.()
    }
    this.#worker.on('error', ended)
    this.#worker.on('exit', () => ended(undefined))
  }

  /** Resolves when the thread has opened what it needs; rejects with why it could not. */
  get ready(): Promise<void> {
    return this.#ready.promise
  }

  /** Whether somebody waits for what the thread says by itself: the process lives on meanwhile. */
  set isAwaited(isAwaited: boolean) {
    this.#isAwaited = isAwaited
    this.#hold()
  }

  /** Sends a message that is not answered. */
  post(message: object, transfer: readonly Transferable[] = []): void {
    if (!this.#isDead) this.#worker.postMessage(message, transfer)
  }

  /** Rejects with what the thread threw, or with `TACIT_RECORDS_THREAD` when it has ended. */
  call<One extends Call>(call: One): Promise<Answers[One['method']]> {
    return new Promise<Answers[One['method']]>((resolve, reject) => {
      if (this.#isDead) {
        reject(errorOf(faultOf(undefined)))
        return
      }
      const id = this.#next++
      this.#pending.set(id, { resolve, reject })
      this.#hold()
      this.#worker.postMessage({ type: 'call', id, call })
    })
  }

  /** Ends the thread at once; call its own `close` before. */
  async end(): Promise<void> {
    this.#isEnding = true
    await this.#worker.terminate()
  }

  /** A thread that nobody waits for keeps no process alive. Its start and its end are waited for. */
  #hold(): void {
    if (this.#isStarting || this.#isEnding || this.#isAwaited || this.#pending.size > 0) this.#worker.ref()
    else this.#worker.unref()
  }

  #settle(message: Extract<FromThread, { type: 'answer' | 'refusal' }>): void {
    const pending = this.#pending.get(message.id)
    this.#pending.delete(message.id)
    this.#hold()
    if (message.type === 'refusal') pending?.reject(errorOf(message.error))
    else pending?.resolve(message.answer)
  }
}

/** What of an error goes from thread to thread: never the message of a parser or a driver. */
export function faultOf(error: unknown): ThreadFault {
  if (error instanceof GatewayError) return { code: error.code, message: error.message, cure: error.cure }
  return { code: 'TACIT_RECORDS_THREAD', message: undefined, cure: undefined }
}

function errorOf({ code, message, cure }: ThreadFault): GatewayError {
  const isOwn = (text: string): text is `TACIT_${string}` => text.startsWith('TACIT_')
  return new GatewayError(
    isOwn(code) ? code : 'TACIT_RECORDS_THREAD',
    message ?? 'The thread of the records could not do what it was asked for.',
    cure
  )
}

/** A module as it stands in the sources or in a published build. */
function moduleOf(file: URL): string {
  const path = fileURLToPath(file)
  return existsSync(path) ? path : path.replace(/\.ts$/, '.js')
}
