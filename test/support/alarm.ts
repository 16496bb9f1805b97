/** An alarm that rings by hand, in place of the one that plugins' set-ups are limited by. */
import type { Alarm } from '../../core/within.ts'

/** An {@link Alarm} and the hand that rings it. */
export interface HandAlarm {
  readonly alarm: Alarm
  /** Delays of what is still to ring, in the order in which it was set. */
  pendingMs(): readonly number[]
  /** Rings everything that is pending. */
  ring(): void
}

/** Makes an alarm that rings only by {@link HandAlarm.ring}. */
export function handAlarm(): HandAlarm {
  const pending = new Set<{ readonly delayMs: number; readonly ring: () => void }>()
  return {
    alarm: (delayMs, ring) => {
      const entry = { delayMs, ring }
      pending.add(entry)
      return () => {
        pending.delete(entry)
      }
    },
    pendingMs: () => [...pending].map(entry => entry.delayMs),
    ring: () => {
      for (const entry of [...pending]) {
        pending.delete(entry)
        entry.ring()
      }
    }
  }
}
