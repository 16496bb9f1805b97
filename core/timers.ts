/**
 * Deadlines of exchanges on one hashed timing wheel. A gateway sets a deadline
 * for everything and nearly none is ever reached, so setting, moving and
 * dropping one must cost a few stores: no closure, no object and no timer of
 * the event loop per request.
 *
 * The wheel is scheme 6 of Varghese and Lauck, "Hashed and Hierarchical Timing
 * Wheels" (SOSP 1987): a timer hangs in the list of the slot that its due time
 * falls into, modulo the size of the wheel. Two things are added. Due times are
 * compared themselves, so a timer never fires early. And a timer that is
 * postponed stays where it hangs and is hung anew when its old slot comes by,
 * because an idle timeout is postponed with every chunk of a stream.
 *
 * Only monotonic time is looked at. Knows nothing of what the timers are for.
 */
import type { Clock } from './clock.ts'

const SLOTS = 1024
const SLOT_MASK = SLOTS - 1

/** Where a timer hangs, when it is not in a slot. */
const IDLE = -1
const FIRING = -2

/**
 * Something that happens at a time unless it is cancelled first. Extend it, or
 * keep one per purpose in the object that owns it; it can be scheduled again
 * and again, in one wheel at a time. The fields belong to the wheel.
 */
export abstract class Timer {
  /** Monotonic ms; meaningful only while scheduled. */
  dueAtMs = 0
  /** Tick of the slot that the timer hangs in, or where else it is. */
  slotTick: number = IDLE
  nextTimer: Timer = this
  previousTimer: Timer = this

  /** Called once when the time has come; the timer is no longer scheduled then, and may be scheduled again. */
  abstract expire(): void

  /** Whether it is still going to fire. */
  get scheduled(): boolean {
    return this.slotTick !== IDLE
  }
}

/** The fixed link of a circular list; never fires. */
class ListHead extends Timer {
  expire(): void {}
}

/** Settings of a {@link TimerWheel}. */
export interface TimerWheelOptions {
  /** How often the wheel looks, in ms: a timer fires at most this much late, besides what the event loop is late itself. Default 50. */
  readonly tickMs?: number
  /** Told what an `expire` threw; the other timers fire all the same. By default a process warning without its message. */
  readonly onError?: (error: unknown) => void
}

/**
 * Fires timers when they are due, never before and at most one tick after.
 * `schedule` and `cancel` take the same short time however many timers there
 * are. Those that become due within one tick fire in no particular order. It
 * keeps no process alive, and runs no timer of its own while nothing is pending.
 */
export class TimerWheel {
  readonly #clock: Clock
  readonly #tickMs: number
  readonly #onError: (error: unknown) => void
  readonly #slots: readonly ListHead[] = Array.from({ length: SLOTS }, () => new ListHead())
  readonly #due = new ListHead()
  /** The tick that was looked at last; it is looked at again, because it was not over yet. */
  #tick = 0
  #size = 0
  #closed = false
  #stop: (() => void) | undefined

  constructor(clock: Clock, options: TimerWheelOptions = {}) {
    const { tickMs = 50, onError = warn } = options
    if (!(tickMs > 0)) throw new RangeError('tickMs must be greater than 0')
    this.#clock = clock
    this.#tickMs = tickMs
    this.#onError = onError
  }

  /** How many timers are pending. */
  get size(): number {
    return this.#size
  }

  /**
   * Sets `timer` to fire at monotonic time `dueAtMs`; moves it if it is pending. A time that has passed means
   * the next tick. After {@link close} nothing is scheduled any more.
   * @throws RangeError for a time that is not finite.
   */
  schedule(timer: Timer, dueAtMs: number): void {
    if (!Number.isFinite(dueAtMs)) throw new RangeError('a timer needs a finite time')
    if (this.#closed) return
    if (this.#stop === undefined) this.#start()
    timer.dueAtMs = dueAtMs
    const tick = this.#tickOf(dueAtMs)
    if (timer.slotTick >= 0) {
      if (timer.slotTick <= tick) return
      unlink(timer)
    } else if (timer.slotTick === FIRING) {
      unlink(timer)
    } else {
      this.#size++
    }
    this.#link(timer, tick)
  }

  /** Makes sure that `timer` does not fire. Nothing happens if it is not pending. */
  cancel(timer: Timer): void {
    if (timer.slotTick === IDLE) return
    unlink(timer)
    timer.slotTick = IDLE
    this.#size--
  }

  /** Fires what is due now. Runs by itself every tick; call it to look sooner. */
  advance(): void {
    const nowMs = this.#clock.monotonic()
    const nowTick = Math.max(Math.floor(nowMs / this.#tickMs), this.#tick)
    // After a stall longer than one turn of the wheel, each slot needs to be looked at only once.
    const firstTick = Math.max(this.#tick, nowTick - SLOT_MASK)
    this.#tick = nowTick
    for (let tick = firstTick; tick <= nowTick; tick++) this.#collect(this.#slotOf(tick), nowMs, nowTick)
    this.#fire()
    if (this.#size === 0) this.#halt()
  }

  /** Drops every timer without firing it, and stops. */
  close(): void {
    this.#closed = true
    this.#halt()
    for (const list of [...this.#slots, this.#due]) {
      while (list.nextTimer !== list) this.cancel(list.nextTimer)
    }
  }

  /** Moves what is due out of a slot, and hangs what was postponed where it now belongs. */
  #collect(slot: ListHead, nowMs: number, nowTick: number): void {
    let timer = slot.nextTimer
    while (timer !== slot) {
      const next = timer.nextTimer
      if (timer.dueAtMs <= nowMs) {
        unlink(timer)
        insertBefore(this.#due, timer)
        timer.slotTick = FIRING
      } else if (timer.slotTick < nowTick) {
        const tick = this.#tickOf(timer.dueAtMs)
        unlink(timer)
        this.#link(timer, tick)
      }
      timer = next
    }
  }

  /** Takes one after the other off the list: each may cancel or schedule any of those still on it. */
  #fire(): void {
    const due = this.#due
    while (due.nextTimer !== due) {
      const timer = due.nextTimer
      this.cancel(timer)
      try {
        timer.expire()
      } catch (error) {
        this.#onError(error)
      }
    }
  }

  #tickOf(dueAtMs: number): number {
    return Math.max(Math.floor(dueAtMs / this.#tickMs), this.#tick)
  }

  #slotOf(tick: number): ListHead {
    const slot = this.#slots[tick & SLOT_MASK]
    if (slot === undefined) throw new RangeError('no such slot')
    return slot
  }

  #link(timer: Timer, tick: number): void {
    insertBefore(this.#slotOf(tick), timer)
    timer.slotTick = tick
  }

  #start(): void {
    // While the wheel stood still nothing hung in it, so it may start anywhere.
    this.#tick = Math.floor(this.#clock.monotonic() / this.#tickMs)
    const advance = () => this.advance()
    if (this.#clock.onMove !== undefined) {
      this.#stop = this.#clock.onMove(advance)
      return
    }
    const interval = setInterval(advance, this.#tickMs)
    interval.unref()
    this.#stop = () => clearInterval(interval)
  }

  #halt(): void {
    this.#stop?.()
    this.#stop = undefined
  }
}

function insertBefore(place: Timer, timer: Timer): void {
  timer.nextTimer = place
  timer.previousTimer = place.previousTimer
  place.previousTimer.nextTimer = timer
  place.previousTimer = timer
}

function unlink(timer: Timer): void {
  timer.previousTimer.nextTimer = timer.nextTimer
  timer.nextTimer.previousTimer = timer.previousTimer
  timer.nextTimer = timer
  timer.previousTimer = timer
}

/** What was thrown may quote content, so it is not repeated. */
function warn(): void {
  process.emitWarning('A timer failed; the others went on.', { code: 'TACIT_TIMER_FAILED' })
}
