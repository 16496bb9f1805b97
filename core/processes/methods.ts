/** What the parent and its worker processes ask of each other. Types only. */
import type { Figures, Oldest } from '../admin/figures.ts'
import type { Claim, CounterName, Health, Limit, NotGranted, Reading } from '../plugin.ts'

/** What a worker process begins with. */
export interface StartOrder {
  /** Path of the configuration. */
  readonly file: string
  /** What stood in it. */
  readonly text: string
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Descriptor of the bound socket. */
  readonly descriptor: number
  /** Its share of the connections that may be open. */
  readonly maxConnections: number
}

/** What a worker process did. */
export interface WorkerMethods {
  start(order: StartOrder): Promise<{ readonly url: string }>
  /** Sets a configuration up beside the one that serves. */
  prepare(order: { readonly text: string }): Promise<void>
  /** Serves by what was prepared. */
  commit(nothing: undefined): void
  discard(nothing: undefined): Promise<void>
  health(nothing: undefined): Promise<Readonly<Record<string, Health>>>
  /** The page that Prometheus reads. */
  metrics(nothing: undefined): string
  figures(nothing: undefined): Figures
  oldest(order: { readonly limit: number }): Oldest
  /** Resolves when its last exchange has ended. It ends itself then. */
  stop(order: {
    readonly graceMs: number
    readonly lingerMs: number
  }): Promise<{ readonly cut: number; readonly page: string }>
}

/** What came of a hold. */
export type HoldAnswer =
  | NotGranted
  | {
      readonly granted: true
      /** For {@link ParentMethods.settle}. */
      readonly hold: number
      readonly remaining: readonly number[]
      readonly resetMs: readonly number[]
      readonly shadowed: readonly number[]
    }

/** Units that the parent has set aside for a worker process; or how long until there may be some, in ms. */
export type TakeAnswer =
  | number
  | {
      /** For {@link ParentMethods.release} and what follows. */
      readonly block: number
      readonly units: number
      readonly usableMs: number
      readonly remaining: number
      readonly resetMs: number
    }

/** What the parent does for its worker processes: it alone counts. */
export interface ParentMethods {
  hold(order: { readonly exchange: string; readonly claims: readonly Claim[] }): Promise<HoldAnswer>
  settle(order: { readonly exchange: string; readonly hold: number; readonly actual: readonly number[] }): void
  settleLeft(order: { readonly exchange: string }): void
  take(order: { readonly claim: Claim; readonly most: number; readonly lifeMs: number }): Promise<TakeAnswer>
  release(order: { readonly block: number; readonly used: number }): void
  correct(order: { readonly block: number; readonly back: number; readonly extra: number }): void
  end(order: { readonly block: number }): void
  readLimits(order: { readonly limits: readonly Limit[] }): readonly Reading[]
  topUp(order: { readonly counter: CounterName; readonly amount: number }): void
  reset(order: { readonly counter: CounterName }): void
  get(order: { readonly key: string }): Promise<string | undefined>
  set(order: { readonly key: string; readonly value: string; readonly ttlMs: number }): Promise<void>
  increment(order: { readonly key: string; readonly by: number; readonly ttlMs: number }): Promise<number>
}
