/**
 * Threads for work that would hold up the event loop: `host.workers`. The only
 * file that knows piscina. A task that crashes, fills its memory or does not
 * end costs its own thread and nothing else; what waits is bounded in number and
 * time. Threads get neither the environment nor the arguments of the process.
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
  /** Threads that are kept ready. Default one less than the processors, at least one and at most four: each pool has its own. */
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

/**
 * Starts threads that run the default export of `file`. A `.ts` that is not there is taken as the `.js` it was
 * built to.
 * @throws GatewayError `TACIT_WORKER_MISSING` when there is no such file.
 */
export function openWorkers<Task, Result>(file: URL, options: WorkerOptions = {}): OpenWorkerPool<Task, Result> {
  return new PiscinaPool<Task, Result>(moduleFile(file), options)
}

/** A task from the moment it is handed over until its caller has an answer. */
class Job<Task, Result> {
  readonly task: Task
  /** Ends the thread that the task runs in; undefined while it waits for one. */
  aborter: AbortController | undefined
  isOverdue = false
  readonly #signal: AbortSignal
  readonly #resolve: (result: Result) => void
  readonly #reject: (error: unknown) => void

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

  readonly #onAbort: () => void

  answer(result: Result): void {
    this.#signal.removeEventListener('abort', this.#onAbort)
    this.#resolve(result)
  }

  fail(error: unknown): void {
    this.#signal.removeEventListener('abort', this.#onAbort)
    this.#reject(error)
  }
}

class PiscinaPool<Task, Result> implements OpenWorkerPool<Task, Result> {
  readonly #pool: Piscina<Task, Result>
  readonly #deadlineMs: number
  readonly #threads: number
  readonly #maxQueue: number
  readonly #failed: (code: string) => void
  /** Kept here and not by piscina, which does not tell what has begun. */
  readonly #queue = new Set<Job<Task, Result>>()
  #running = 0
  #closed = false

  constructor(filename: string, options: WorkerOptions) {
    const { deadlineMs = 1_000, threads = defaultThreads(), memoryMiB = 256 } = options
    const { maxQueue = threads * 16, failed = () => {} } = options
    this.#deadlineMs = deadlineMs
    this.#threads = threads
    this.#maxQueue = maxQueue
    this.#failed = failed
    this.#pool = new Piscina({
      filename,
      minThreads: threads,
      maxThreads: threads,
      env: {},
      execArgv: [],
      argv: [],
      resourceLimits: { maxOldGenerationSizeMb: memoryMiB, maxYoungGenerationSizeMb: 32, stackSizeMb: 4 }
    })
    // A thread that died while it had nothing to do. Piscina starts another.
    this.#pool.on('error', (error: unknown) => this.#failed(errorCode(error)))
  }

  get running(): number {
    return this.#running
  }

  get waiting(): number {
    return this.#queue.size
  }

  async run(task: Task, signal: AbortSignal): Promise<Result> {
    signal.throwIfAborted()
    const isBusy = this.#running >= this.#threads && this.#queue.size >= this.#maxQueue
    if (isBusy || this.#closed) throw coreRefusal('workers_busy')
    return new Promise((resolve, reject) => {
      // What is given up while it runs goes on to its end, which is near: clients that leave would otherwise keep
      // the threads starting anew.
      const job: Job<Task, Result> = new Job(task, signal, resolve, reject, () => this.#queue.delete(job))
      this.#queue.add(job)
      this.#next()
      if (job.aborter === undefined) this.#wait(job)
    })
  }

  async close(): Promise<void> {
    this.#closed = true
    for (const job of this.#queue) job.fail(coreRefusal('worker_failed'))
    this.#queue.clear()
    await this.#pool.destroy()
  }

  #wait(job: Job<Task, Result>): void {
    const late = () => {
      if (this.#queue.delete(job)) job.fail(coreRefusal('workers_busy'))
    }
    // Nobody waits for this timer: a job that began or was given up is not in the queue any more.
    setTimeout(late, this.#deadlineMs).unref()
  }

  #next(): void {
    for (const job of this.#queue) {
      if (this.#running >= this.#threads) return
      this.#queue.delete(job)
      void this.#start(job)
    }
  }

  async #start(job: Job<Task, Result>): Promise<void> {
    const aborter = new AbortController()
    job.aborter = aborter
    this.#running++
    const timer = setTimeout(() => {
      job.isOverdue = true
      aborter.abort()
    }, this.#deadlineMs)
    try {
      job.answer(await this.#pool.run(job.task, { signal: aborter.signal }))
    } catch (error) {
      if (!this.#closed) this.#failed(job.isOverdue ? 'WORKER_OVERDUE' : errorCode(error))
      job.fail(coreRefusal('worker_failed'))
    } finally {
      clearTimeout(timer)
      this.#running--
      this.#next()
    }
  }
}

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
