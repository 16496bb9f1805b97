/**
 * What else the writer's thread is asked for, besides keeping rows: events on
 * their way to webhooks, and parcels of rows on their way between gateways.
 */
import type { WriterAnswers, WriterCall } from './messages.ts'
import type { DueEvent, Settlement } from './outbox.ts'
import type { SealedParcel, SpooledEntry } from './spool.ts'
import type { RecordThread } from './thread.ts'

/** Asks the writer's thread. */
export abstract class Errands {
  protected abstract get thread(): Pick<RecordThread<WriterCall, WriterAnswers>, 'call'>

  /** Events that a webhook is to get now. */
  due(webhook: string, now: number, limit: number): Promise<readonly DueEvent[]> {
    return this.thread.call({ method: 'due', webhook, now, limit })
  }

  /** Notes what came of handing events over. */
  settle(settlements: readonly Settlement[]): Promise<void> {
    return this.thread.call({ method: 'settle', settlements })
  }

  /** How many events wait for webhooks, and how many were given up. */
  counts(): Promise<{ readonly waiting: number; readonly dead: number }> {
    return this.thread.call({ method: 'counts' })
  }

  /** Removes events of other webhooks than these, and those from before an instant. */
  tidy(webhooks: readonly string[], before: number): Promise<void> {
    return this.thread.call({ method: 'tidy', webhooks, before })
  }

  /** Rows that wait to be handed to another gateway. */
  spooled(limit: number): Promise<readonly SpooledEntry[]> {
    return this.thread.call({ method: 'spooled', limit })
  }

  /** Removes rows that were handed on. */
  unspool(seqs: readonly number[]): Promise<void> {
    return this.thread.call({ method: 'unspool', seqs })
  }

  /** Keeps rows of other gateways. */
  collect(parcels: readonly SealedParcel[]): Promise<void> {
    return this.thread.call({ method: 'collect', parcels })
  }
}
