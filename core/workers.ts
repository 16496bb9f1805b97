/**
 * Threads that run one module, by piscina. A task that outruns its deadline, or
 * whose exchange is over, is ended by ending its thread; nothing that the module
 * throws comes out. Knows nothing of plugins.
 */
import { existsSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { Piscina } from 'piscina'
import { coreRefusal } from './errors.ts'
import type { WorkerPool } from './plugin.ts'

/** What a task may take unless a pool says otherwise, in ms. */
const DEADLINE_MS = 1_000

/** Tasks that may wait for a thread, for each thread of a pool. */
const WAITING_PER_THREAD = 32

/** The rest of the machine is the event loop's. */
const THREADS = Math.max(1, Math.min(4, availableParallelism() - 1))

/** What one thread may use before it is ended, in MiB. Buffers are outside of the heap and not counted. */
const RESOURCE_LIMITS = { maxOldGenerationSizeMb: 256, maxYoungGenerationSizeMb: 32, stackSizeMb: 4 }

/** A pool, and how to end it. */
export interface OpenWorkers<Task, Result> extends WorkerPool<Task, Result> {
  /** Ends the threads at once; tasks under way fail with `worker_failed`. */
  close(): Promise<void>
}

/**
 * Starts the threads for `file`, whose default export takes a task and returns its result, at once or as a promise.
 * @param options `deadlineMs`: what one task may take in all, waiting included.
 */
export function openWorkers<Task, Result>(
  file: URL,
  options: { readonly deadlineMs: number } = { deadlineMs: DEADLINE_MS }
): OpenWorkers<Task, Result> {
  const pool = new Piscina<Task, Result>({
    filename: fileURLToPath(built(file)),
    minThreads: THREADS,
    maxThreads: THREADS,
    idleTimeout: Infinity,
    // Secrets stand in the environment and in the arguments of the process.
    env: {},
    argv: [],
    execArgv: [],
    resourceLimits: RESOURCE_LIMITS,
    recordTiming: false
  })
  // A thread that dies while it does nothing has no task to tell it to.
  pool.on('error', () => {})
  const most = THREADS * (1 + WAITING_PER_THREAD)
  let underWay = 0
  let isClosed = false

  return {
    async run(task, signal) {
      signal.throwIfAborted()
      if (isClosed) throw coreRefusal('worker_failed')
      // Counted here, because piscina does not count waiting tasks that can be cancelled.
      if (underWay >= most) throw coreRefusal('workers_busy')
      underWay++
      const ending = new AbortController()
      const end = () => ending.abort()
      const timer = setTimeout(end, options.deadlineMs)
      signal.addEventListener('abort', end, { once: true })
      try {
        return await pool.run(task, { signal: ending.signal })
      } catch {
        // What the module threw may quote the task.
        signal.throwIfAborted()
        throw coreRefusal('worker_failed')
      } finally {
        underWay--
        clearTimeout(timer)
        signal.removeEventListener('abort', end)
      }
    },
    async close() {
      isClosed = true
      await pool.destroy()
    }
  }
}

/** The file as it was published: `.js` where there is no `.ts`. */
function built(file: URL): URL {
  if (!file.pathname.endsWith('.ts') || existsSync(file)) return file
  const compiled = new URL(file)
  compiled.pathname = file.pathname.replace(/\.ts$/, '.js')
  return existsSync(compiled) ? compiled : file
}
