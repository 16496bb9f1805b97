/**
 * A limit on how long is waited for a plugin outside of exchanges. Knows nothing
 * of what is waited for.
 */

/** What the import of a module, a set-up and a close have each, in ms. */
export const LIFECYCLE_LIMIT_MS = 10_000

/** Calls `ring` once after `delayMs`. @returns how to stop that. Injected, so that tests need not wait. */
export type Alarm = (delayMs: number, ring: () => void) => () => void

/** The event loop's own timer. Keeps the process alive while it runs: a set-up that waits for nothing must be reported, not end in silence. */
export const systemAlarm: Alarm = (delayMs, ring) => {
  const timer = setTimeout(ring, delayMs)
  return () => clearTimeout(timer)
}

/** What {@link within} returns when the time was over first. */
export const LATE = Symbol('late')

/** The value of `work`, or {@link LATE} after {@link LIFECYCLE_LIMIT_MS}; `work` itself goes on. */
export async function within<Value>(work: Promise<Value>, alarm: Alarm): Promise<Value | typeof LATE> {
  const { promise, resolve } = Promise.withResolvers<typeof LATE>()
  const stop = alarm(LIFECYCLE_LIMIT_MS, () => resolve(LATE))
  try {
    return await Promise.race([work, promise])
  } finally {
    stop()
  }
}
