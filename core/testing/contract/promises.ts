/** Counts the promises that a process makes, to see which of them a plugin made. Knows nothing of plugins. */
import { createHook } from 'node:async_hooks'

/** A running count. */
export interface PromiseCount {
  /** Promises made since the count began. */
  readonly made: number
  stop(): void
}

/** Begins to count; every promise of the process costs a little until the count is stopped. */
export function countPromises(): PromiseCount {
  let made = 0
  const hook = createHook({
    init(_id, type) {
      if (type === 'PROMISE') made++
    }
  }).enable()
  return {
    get made() {
      return made
    },
    stop: () => void hook.disable()
  }
}

/** Steps of the queue of settled promises that a promise may take which waits for nothing outside the program. */
const MOST_STEPS = 64

/** Whether `promise` settles before anything from outside can have happened: whoever waits for it waits for nothing. */
export async function settlesByItself(promise: Promise<unknown>): Promise<boolean> {
  let isSettled = false
  const settle = () => {
    isSettled = true
  }
  promise.then(settle, settle)
  for (let step = 0; step < MOST_STEPS && !isSettled; step++) await undefined
  return isSettled
}

/** `promise`, or `late` if it is not settled after `ms`. */
export async function settledWithin<Value, Late>(
  promise: Promise<Value>,
  ms: number,
  late: Late
): Promise<Value | Late> {
  const { promise: alarm, resolve } = Promise.withResolvers<Late>()
  const timer = setTimeout(() => resolve(late), ms)
  try {
    return await Promise.race([promise, alarm])
  } finally {
    clearTimeout(timer)
  }
}

/** Lets everything happen that is due in the next turns of the event loop. */
export async function turns(count = 2): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise(resolve => setImmediate(resolve))
}
