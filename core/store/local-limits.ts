/**
 * Opens the limits that one gateway counts by itself: in memory, and in a
 * journal where there is a folder for it. Whoever opens it closes it.
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Clock } from '../clock.ts'
import { errorCode } from '../log/error-code.ts'
import type { Health } from '../plugin.ts'
import { LimitJournal } from './limit-journal.ts'
import { LocalLimits } from './limits.ts'

/** What is opened. */
export interface OpenLocalLimits {
  readonly limits: LocalLimits
  /** Writes what has changed; undefined where nothing is kept. */
  readonly keep: (() => void) | undefined
  /** Resolves when what has changed by now is kept; undefined when nothing has to be waited for. */
  kept(): Promise<void> | undefined
  health(): Health
  close(): Promise<void>
}

/** What it is opened with. */
export interface LocalLimitsParts {
  readonly clock: Clock
  /** Absolute; undefined where nothing outlives the process. */
  readonly folder: string | undefined
  /** Told the code of what could not be kept. */
  readonly failed: (code: string) => void
}

/** How often a journal is asked for that another process still has, as while it hands over to this one, in ms. */
const RETRY_MS = 100

/**
 * Opens them. A journal that another process has is waited for, and used as soon as it is free; until then what that one
 * counts is looked up again and again, and added to what is counted here.
 * @throws GatewayError `TACIT_LIMITS_UNREADABLE` when the journal cannot be opened for another reason.
 */
export function openLocalLimits({ clock, folder, failed }: LocalLimitsParts): OpenLocalLimits {
  const limits = new LocalLimits(clock)
  if (folder === undefined) {
    return { limits, keep: undefined, kept: () => undefined, health: () => ({ status: 'ok' }), close: async () => {} }
  }
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const file = join(folder, 'limits.sqlite')
  let journal: LimitJournal | undefined
  let timer: NodeJS.Timeout | undefined
  const open = () => {
    try {
      journal = LimitJournal.open(file, { now: () => clock.now(), failed })
      limits.keepIn(journal)
    } catch (error) {
      if (errorCode(error) !== 'TACIT_LIMITS_TAKEN') throw error
      limits.restore(LimitJournal.peek(file, clock.now()))
      timer = setTimeout(again, RETRY_MS)
      timer.unref()
    }
  }
  const again = () => {
    try {
      open()
    } catch (error) {
      failed(errorCode(error))
    }
  }
  open()
  return {
    limits,
    keep: () => journal?.flush(),
    kept: () => journal?.flushed(),
    health: () =>
      journal?.health() ?? { status: 'degraded', detail: 'Another gateway keeps its counters in this folder.' },
    async close() {
      clearTimeout(timer)
      await journal?.close()
    }
  }
}
