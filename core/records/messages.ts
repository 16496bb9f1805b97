/** What the main thread and the threads of records say to each other. Types only. */
import type { RecordClass, RecordPage } from '../contract/records.ts'
import type { RollupFigures, RollupQuery } from '../contract/rollups.ts'
import type { RootKey } from './key-store.ts'
import type { KindLayout } from './kind.ts'
import type { DueEvent, NewEvent, Settlement } from './outbox.ts'
import type { CheckedQuery } from './query.ts'
import type { RollupLayout } from './rollup-layout.ts'
import type { SealedParcel, SpooledEntry, TravelKey } from './spool.ts'
import type { DroppedDay, Erasure } from './writer.ts'

/** What a thread is started with. */
export interface ThreadData {
  readonly directory: string
  readonly root: RootKey
  /** Given to a gateway that hands its rows to another one. */
  readonly travelKey?: TravelKey | undefined
}

/** What can be asked of the writer's thread. */
export type WriterCall =
  | { readonly method: 'expire'; readonly days: readonly DroppedDay[] }
  | { readonly method: 'addUp' }
  | { readonly method: 'expireFigures'; readonly oldest: number }
  | { readonly method: 'erase'; readonly subject: string; readonly classes: readonly RecordClass[] }
  | { readonly method: 'rotate'; readonly key: Uint8Array; readonly wrapped: Uint8Array; readonly master: string }
  | { readonly method: 'due'; readonly webhook: string; readonly now: number; readonly limit: number }
  | { readonly method: 'settle'; readonly settlements: readonly Settlement[] }
  | { readonly method: 'counts' }
  | { readonly method: 'spooled'; readonly limit: number }
  | { readonly method: 'unspool'; readonly seqs: readonly number[] }
  | { readonly method: 'collect'; readonly parcels: readonly SealedParcel[] }
  | { readonly method: 'tidy'; readonly webhooks: readonly string[]; readonly before: number }
  | { readonly method: 'close' }

/** What the writer's thread answers. */
export interface WriterAnswers {
  readonly expire: readonly DroppedDay[]
  /** Whether there are more rows to be added up. */
  readonly addUp: boolean
  readonly expireFigures: undefined
  readonly erase: Erasure
  readonly rotate: RootKey
  readonly due: readonly DueEvent[]
  readonly settle: undefined
  readonly counts: { readonly waiting: number; readonly dead: number }
  readonly tidy: undefined
  readonly spooled: readonly SpooledEntry[]
  readonly unspool: undefined
  readonly collect: undefined
  readonly close: undefined
}

/** What can be asked of the reader's thread. */
export type ReaderCall =
  | { readonly method: 'query'; readonly kind: string; readonly query: CheckedQuery }
  | {
      readonly method: 'rollup'
      readonly kind: string
      readonly layout: RollupLayout
      readonly query: RollupQuery
    }
  | { readonly method: 'forget' }
  | { readonly method: 'close' }

/** What the reader's thread answers. */
export interface ReaderAnswers {
  readonly query: RecordPage
  readonly rollup: readonly RollupFigures[]
  readonly forget: undefined
  readonly close: undefined
}

/** A call as it is sent. */
export interface CallMessage<Call> {
  readonly type: 'call'
  readonly id: number
  readonly call: Call
}

/** Rows, in the first `length` bytes of the memory, which is handed over. */
export interface RowsMessage {
  readonly type: 'rows'
  readonly memory: ArrayBuffer
  readonly length: number
  /** Rises by one with each message. */
  readonly sequence: number
}

/** How rows of a kind are laid out. */
export interface KindMessage {
  readonly type: 'kind'
  readonly number: number
  readonly layout: KindLayout
}

/** Events for the outbox. */
export interface EventsMessage {
  readonly type: 'events'
  readonly events: readonly NewEvent[]
}

/** Whatever the writer's thread is sent. */
export type ToWriter = CallMessage<WriterCall> | RowsMessage | KindMessage | EventsMessage

/** What a thread says. */
export type FromThread =
  | { readonly type: 'ready' }
  | { readonly type: 'unready'; readonly error: ThreadFault }
  | { readonly type: 'answer'; readonly id: number; readonly answer: unknown }
  | { readonly type: 'refusal'; readonly id: number; readonly error: ThreadFault }
  /** Everything up to a message is on the disk, or was lost; the memory comes back. */
  | {
      readonly type: 'committed'
      readonly sequence: number
      readonly memories: readonly ArrayBuffer[]
      readonly lost: { readonly code: string; readonly rows: number } | undefined
    }
  /** So many events have come to the outbox, of which some were lost. */
  | { readonly type: 'emitted'; readonly count: number; readonly lost: number }
  /** Something went wrong that no call was answered with. */
  | { readonly type: 'failed'; readonly code: string }
  /** The disk does not take rows; they wait, and are tried again. */
  | { readonly type: 'stalled'; readonly code: string }

/** An error as it travels between threads: its code, and the sentence of an error of the gateway's own. */
export interface ThreadFault {
  readonly code: string
  readonly message: string | undefined
  readonly cure: string | undefined
}
