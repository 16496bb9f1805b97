/**
 * Threads for work that would hold up the event loop: `host.workers`. The only
 * file that knows piscina. A task that crashes, fills its memory or does not
 * end costs its own thread and nothing else; what waits is bounded in number and
 * time. Threads get neither the environment nor the arguments of the process.
 *
 * Each thread is a piscina of its own, and tasks wait here: piscina bounds no
 * tasks that can be given up, does not tell when one has begun (a task does not
 * answer for the time that its thread takes to load), and starts no more threads
 * once one of them could not load its module.
 *
 * A thread shares the process with the gateway. Its heap is limited, but a
 * single allocation far beyond the limit ends the process all the same: whoever
 * hands out tasks bounds their size.
 */
import { existsSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { Piscina } from 'piscina'
import { coreRefusal, GatewayError } from './errors.ts'
import { errorCode } from './log/error-code.ts'
import type { WorkerPool } from './plugin.ts'

/** Settings of {@link openWorkers}. */
export interface WorkerOptions {
  /** Time that a task may take, and time that it may wait for a thread before, in ms. Default 1,000. */
  readonly deadlineMs?: number
  /** Threads that are kept ready. Default one less than the processors; one at least, four at most. */
  readonly threads?: number
  /** Tasks that wait for a thread at most. Default 16 for each thread. */
  readonly maxQueue?: number
  /** Memory for the objects of one thread, in MiB. Buffers are not counted. Default 256. */
  readonly memoryMiB?: number
  /** Told the code of each failure: of a task, or of a thread that had none. */
  readonly failed?: (code: string) => void
}

/** A pool that somebody has to close. */
export interface OpenWorkerPool<Task, Result> extends WorkerPool<Task, Result> {
  /** Tasks that run, and tasks that wait; for metrics. */
  readonly running: number
  readonly waiting: number
  /** Ends the threads; tasks that were not done reject. */
  close(): Promise<void>
}

/** Pause before a module that could not be loaded is loaded again, in ms. */
const RELOAD_MS = 500

/**
 * Starts threads that run the default export of `file`. A `.ts` that is not there is taken as the `.js` it was
 * built to.
 * @throws GatewayError `TACIT_WORKER_MISSING` when there is no such file; `TACIT_WORKER_DEADLINE_INVALID`.
 */
export function openWorkers<Task, Result>(file: URL, options: WorkerOptions = {}): OpenWorkerPool<Task, Result> {
  return new ThreadPool<Task, Result>(moduleFile(file), options)
}

/** A task from the moment it is handed over until its caller has an answer. */
class Job<Task, Result> {
  readonly task: Task
  /** Rings when it has waited too long; the pool's own. */
  timer: NodeJS.Timeout | undefined
  readonly #signal: AbortSignal
  readonly #resolve: (result: Result) => void
  readonly #reject: (error: unknown) => void
  readonly #onAbort: () => void

  constructor(
    task: Task,
    signal: AbortSignal,
    resolve: (result: Result) => void,
    reject: (error: unknown) => void,
    givenUp: () => void
  ) {
    this.task = task
    this.#signal = signal
    this.#resolve = resolve
    this.#reject = reject
    this.#onAbort = () => {
      givenUp()
      this.fail(signal.reason)
    }
    signal.addEventListener('abort', this.#onAbort)
  }

  answer(result: Result): void {
    this.#signal.removeEventListener('abort', this.#onAbort)
    this.#resolve(result)
  }

  fail(error: unknown): void {
    this.#signal.removeEventListener('abort', this.#onAbort)
    this.#reject(error)
  }
}

class ThreadPool<Task, Result> implements OpenWorkerPool<Task, Result> {
  readonly #filename: string
  readonly #deadlineMs: number
  readonly #maxQueue: number
  readonly #memoryMiB: number
  readonly #failed: (code: string) => void
  readonly #threads = new Set<Thread<Task, Result>>()
  /** First come, first served. Short, so an array: a Set would keep what has left it until a full collection. */
  readonly #queue: Job<Task, Result>[] = []
  readonly #reloads = new Set<NodeJS.Timeout>()
  #running = 0
  #closed = false

  constructor(filename: string, options: WorkerOptions) {
    const { deadlineMs = 1_000, threads = defaultThreads(), memoryMiB = 256 } = options
    const { maxQueue = threads * 16, failed = () => {} } = options
    // A timer of more than 31 bits would ring at once.
    if (!(deadlineMs > 0 && deadlineMs < 2 ** 31)) {
      throw new GatewayError('TACIT_WORKER_DEADLINE_INVALID', 'The deadline for worker threads of a plugin is no time.')
    }
    this.#filename = filename
    this.#deadlineMs = deadlineMs
    this.#maxQueue = maxQueue
    this.#memoryMiB = memoryMiB
    this.#failed = failed
    for (let count = 0; count < threads; count++) this.#open()
  }

  get running(): number {
    return this.#running
  }

  get waiting(): number {
    return this.#queue.length
  }

  async run(task: Task, signal: AbortSignal): Promise<Result> {
    signal.throwIfAborted()
    if (this.#closed) throw coreRefusal('workers_busy')
    // Every thread failed to load: waiting would not help.
    if (this.#threads.size === 0) throw coreRefusal('worker_failed')
    const thread = this.#idle()
    if (thread === undefined && this.#queue.length >= this.#room()) throw coreRefusal('workers_busy')
    return new Promise((resolve, reject) => {
      // What is given up while it runs goes on to its end, which is near: clients that leave would otherwise keep
      // the threads starting anew.
      const job: Job<Task, Result> = new Job(task, signal, resolve, reject, () => this.#leave(job))
      if (thread === undefined) this.#wait(job)
      else void this.#start(job, thread)
    })
  }

  async close(): Promise<void> {
    this.#closed = true
    for (const reload of this.#reloads) clearTimeout(reload)
    this.#refuseWaiting()
    await Promise.all([...this.#threads].map(thread => thread.end()))
  }

  #idle(): Thread<Task, Result> | undefined {
    for (const thread of this.#threads) if (thread.state === 'idle') return thread
    return undefined
  }

  /** How many may wait: those of the queue, and one for each thread that is about to take one. */
  #room(): number {
    let room = this.#maxQueue
    for (const thread of this.#threads) if (thread.state === 'loading') room++
    return room
  }

  #wait(job: Job<Task, Result>): void {
    this.#queue.push(job)
    job.timer = setTimeout(() => {
      this.#leave(job)
      job.fail(coreRefusal('workers_busy'))
    }, this.#deadlineMs)
  }

  /** The job waits no longer. */
  #leave(job: Job<Task, Result>): void {
    clearTimeout(job.timer)
    const index = this.#queue.indexOf(job)
    if (index >= 0) this.#queue.splice(index, 1)
  }

  #refuseWaiting(): void {
    for (const job of [...this.#queue]) {
      this.#leave(job)
      job.fail(coreRefusal('worker_failed'))
    }
  }

  async #start(job: Job<Task, Result>, thread: Thread<Task, Result>): Promise<void> {
    this.#leave(job)
    this.#running++
    let isOverdue = false
    const timer = setTimeout(() => {
      isOverdue = true
      void thread.end()
    }, this.#deadlineMs)
    try {
      job.answer(await thread.run(job.task))
    } catch (error) {
      if (!this.#closed) this.#failed(isOverdue ? 'WORKER_OVERDUE' : errorCode(error))
      job.fail(coreRefusal('worker_failed'))
    } finally {
      clearTimeout(timer)
      this.#running--
      this.#next(thread)
    }
  }

  /** Gives a thread that became idle something to do. */
  #next(thread: Thread<Task, Result>): void {
    const [job] = this.#queue
    if (job !== undefined && thread.state === 'idle') void this.#start(job, thread)
  }

  #open(): void {
    const thread: Thread<Task, Result> = new Thread(this.#filename, this.#memoryMiB, {
      loaded: () => this.#next(thread),
      failed: error => {
        if (!this.#closed) this.#failed(errorCode(error))
      },
      gone: wasLoaded => {
        this.#threads.delete(thread)
        if (this.#closed) return
        if (wasLoaded) this.#open()
        else this.#openLater()
        if (this.#threads.size === 0) this.#refuseWaiting()
      }
    })
    this.#threads.add(thread)
  }

  #openLater(): void {
    const reload = setTimeout(() => {
      this.#reloads.delete(reload)
      this.#open()
    }, RELOAD_MS)
    reload.unref()
    this.#reloads.add(reload)
  }
}

/** What is told about a thread. */
interface ThreadEvents {
  /** The module is loaded: the thread is idle. */
  loaded(): void
  /** Something was thrown while there was no task to answer for it. */
  failed(error: unknown): void
  /** The thread is over, `wasLoaded` or not. */
  gone(wasLoaded: boolean): void
}

/** One thread for the length of its life; runs one task at a time. */
class Thread<Task, Result> {
  state: 'loading' | 'idle' | 'busy' | 'gone' = 'loading'
  readonly #piscina: Piscina<Task | undefined, Result>

  constructor(filename: string, memoryMiB: number, events: ThreadEvents) {
    this.#piscina = new Piscina({
      filename,
      minThreads: 0,
      maxThreads: 1,
      idleTimeout: Number.POSITIVE_INFINITY,
      env: {},
      execArgv: [],
      argv: [],
      resourceLimits: { maxOldGenerationSizeMb: memoryMiB, maxYoungGenerationSizeMb: 32, stackSizeMb: 4 },
      recordTiming: false
    })
    this.#piscina.on('error', (error: unknown) => events.failed(error))
    this.#piscina.on('workerCreate', () => {
      this.state = 'idle'
      events.loaded()
    })
    this.#piscina.on('workerDestroy', () => {
      const wasLoaded = this.state !== 'loading'
      this.state = 'gone'
      events.gone(wasLoaded)
    })
    // Only a task makes piscina start a thread: this one asks for an export that no module has.
    this.#piscina.run(undefined, { name: 'nothing, but a thread' }).catch(() => {})
  }

  /** Rejects with what the task threw, or when the thread dies. The thread must be idle. */
  async run(task: Task): Promise<Result> {
    this.state = 'busy'
    try {
      return await this.#piscina.run(task)
    } finally {
      if (this.state === 'busy') this.state = 'idle'
    }
  }

  /** Ends the thread in the middle of what it does. Resolves when it is over. */
  async end(): Promise<void> {
    await this.#piscina.destroy()
  }
}

/** As many as leave a processor to the event loop. The plugins that need threads have a pool each. */
function defaultThreads(): number {
  return Math.min(Math.max(availableParallelism() - 1, 1), 4)
}

/** The file that a module's address means: built modules keep the addresses of their sources. */
function moduleFile(file: URL): string {
  const missing = () =>
    new GatewayError('TACIT_WORKER_MISSING', 'There is no module for worker threads at the address of a plugin.')
  if (file.protocol !== 'file:') throw missing()
  const path = fileURLToPath(file)
  if (existsSync(path)) return path
  const built = path.replace(/\.ts$/, '.js')
  if (built !== path && existsSync(built)) return built
  throw missing()
}
