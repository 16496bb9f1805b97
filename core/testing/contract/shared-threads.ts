/**
 * Worker threads that many instances of a plugin share, one after the other.
 * Threads are dear, and know nothing of exchanges.
 */
import type { WorkerPool } from '../../plugin.ts'
import { type OpenWorkerPool, openWorkers } from '../../workers.ts'

/** Pools by the file that they run. Close it when the last instance is closed. */
export class SharedThreads {
  readonly #pools = new Map<string, OpenWorkerPool<unknown, unknown>>()

  /** What `host.workers` is for every instance. */
  readonly open = <Task, Result>(file: URL, options?: { readonly deadlineMs: number }): WorkerPool<Task, Result> => {
    const key = JSON.stringify([file.href, options])
    const found = this.#pools.get(key) ?? openWorkers<unknown, unknown>(file, options)
    this.#pools.set(key, found)
    // The file that a pool runs decides what it takes and gives, and the pool was found by its file.
    return found as WorkerPool<Task, Result>
  }

  /** Ends all threads. */
  async close(): Promise<void> {
    await Promise.all([...this.#pools.values()].map(pool => pool.close()))
  }
}
