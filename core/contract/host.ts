/** What one plugin instance gets from the gateway: clocks, chance, storage, threads, the network. Types only. */
import type { Catalogue, PriceBook } from '../dialects/index.ts'
import type { MaybePromise, ReasonTable } from '../plugin.ts'
import type { Consumer, Credential, Facts, Refusal } from './exchange.ts'
import type { Limits } from './limits.ts'
import type { NestedPlugin } from './nested.ts'
import type { RecordPage, RecordQuery } from './records.ts'
import type { RollupFigures, RollupQuery } from './rollups.ts'
import type { UpstreamHandle } from './upstreams.ts'

/**
 * What one plugin instance gets from the gateway. Sockets, threads, clocks,
 * chance and storage all come from here, so that a plugin can be run dry.
 */
export interface Host<Reasons extends ReasonTable = ReasonTable, OwnCredential = unknown, ConsumerConfig = unknown> {
  /** Name of this instance in logs and metrics, such as `rate-limit` or `rate-limit#2`. */
  readonly instance: string
  /** Says no for one of the definition's reasons. */
  refuse(reason: keyof Reasons & string, facts?: RefusalFacts): Refusal

  /** `now` is wall-clock time and may jump; `monotonic` only rises. Both in ms. */
  readonly clock: { now(): number; monotonic(): number }
  /** Uniform in [0, 1). Injected, so that tests and `explain` repeat. */
  readonly random: () => number
  /** Runs `work` every `periodMs` until the instance is closed; never overlapping. */
  every(periodMs: number, work: () => MaybePromise<void>): void
  readonly metrics: Metrics

  /** The plugins within this one, in the order of its {@link PluginUses}. Empty for a plugin that has none. */
  readonly nested: readonly NestedPlugin[]

  /** Declares an upstream that this instance may route to. @throws when the configuration has none of that name. */
  upstream(id: string): UpstreamHandle
  /**
   * Providers and models of the configuration that is in force; after a reload those of the new one. Take it at set-up:
   * what comes along is read when the first instance does.
   */
  readonly catalogue: Catalogue
  /** Prices of the same, to be taken at set-up, too. What they do not know is told as unknown, never as nothing. */
  readonly prices: PriceBook

  /** Credentials of this plugin, known by their keyed digest only. */
  readonly credentials: Credentials<OwnCredential>
  /** Who may call, for plugins whose proof comes from outside, such as a token. */
  readonly consumers: Consumers
  /**
   * This plugin's settings for who calls: defaults < group < consumer < credential, key by key at the top, so a limit
   * that is set again replaces the whole of it. Without `credential` what holds for the consumer as a whole, whichever
   * of its credentials is used: what counts for a consumer must not change from key to key. The same frozen object each
   * time while nothing changes, so it can be a key of a `WeakMap`; take it anew for each exchange. Does not wait.
   * @param credential as it stands under `CREDENTIAL`. One that sets nothing, or that core does not know, changes nothing.
   * @throws GatewayError `TACIT_SETTINGS_INVALID` when what was stored does not fit this plugin (any more).
   */
  settings(consumer: Consumer, credential?: Credential): ConsumerConfig
  /**
   * This plugin's settings for the consumer's group as a whole: defaults < group. For what counts for all members
   * together, which none of them must be able to raise. Undefined for a consumer without a group.
   */
  groupSettings(consumer: Consumer): ConsumerConfig | undefined
  readonly limits: Limits
  /** Small shared values: in Redis when configured, else in this machine's store. */
  readonly store: Store
  /**
   * Appends a row of one of the definition's `records`. Never waits; a full queue is counted and visible in health.
   * @throws GatewayError `TACIT_ROW_REFUSED` for a row that does not fit its kind; nothing of it is kept.
   */
  record(kind: string, row: Readonly<Record<string, unknown>>): void
  /**
   * Whether a row that is appended now may be lost: the disk takes none and half of the queue before it is in use, or
   * nobody writes any more. Who must not serve what leaves no row refuses then. Costs a few comparisons.
   */
  readonly rowsAtRisk: boolean
  /** Reads rows of one of the definition's `records`, in a thread. Rejects with GatewayError `TACIT_QUERY_INVALID`. */
  query(kind: string, query: RecordQuery): Promise<RecordPage>
  /**
   * Reads what is added up of one of the definition's `records`, in a thread: every row that was recorded until now is
   * in it, once, whether it is still kept or not. In the order of steps; at most 50,000 figures. Rejects with
   * GatewayError `TACIT_QUERY_INVALID`.
   */
  rollup(kind: string, query: RollupQuery): Promise<readonly RollupFigures[]>
  /** Hands one of the definition's `events` to webhooks; durable. */
  emit(event: string, facts: Facts): void

  /** Outgoing calls under the egress rules (JWKS, detectors). Never follows redirects. */
  fetch(
    url: string,
    options: {
      readonly method?: string
      readonly headers?: Readonly<Record<string, string>>
      readonly body?: Uint8Array | string
      readonly timeoutMs: number
      readonly maxBytes: number
    }
  ): Promise<{ readonly status: number; readonly body: Uint8Array }>
  /** A pool of worker threads running `file`'s default export. */
  workers<Task, Result>(file: URL, options?: { readonly deadlineMs: number }): WorkerPool<Task, Result>
}

/** What may be said besides the sentence of a reason. */
export interface RefusalFacts {
  readonly retryAfterMs?: number
  readonly headers?: Readonly<Record<string, string>>
  /** Words of the configuration that were perhaps meant, put behind the sentence as a question. Never a client's own. */
  readonly near?: readonly string[]
}

/** Credentials of one plugin. */
export interface Credentials<OwnCredential = unknown> {
  /** The digest that a credential is kept as, by the gateway's `digestKey`: `hmac-sha256:` and 43 characters of base64url. */
  digest(credential: string): string
  /**
   * Looks a credential up by its digest; cached, and revoked everywhere within a second. One that is blocked, expired
   * or not good yet is not found, nor is one of a consumer that is blocked.
   */
  find(digest: string): MaybePromise<FoundCredential<OwnCredential> | undefined>
}

/** Consumers by their names, for plugins that are told of one by somebody they trust. */
export interface Consumers {
  /**
   * The consumer of that name, of the file or of the store; undefined for one that nobody made or that is blocked.
   * Cached, and blocked everywhere within a second. The same object each time while nothing changes.
   */
  find(id: string): MaybePromise<Consumer | undefined>
  /**
   * A consumer that nobody made, but somebody vouches for. Its `id` is `guest-` and a keyed digest of the name, so that
   * the name itself is kept nowhere. Its settings are those of its group.
   * @param about.group must be a group of the file.
   * @returns undefined where the file has no such group.
   */
  guest(
    name: string,
    about: { readonly group?: string | undefined; readonly labels?: Readonly<Record<string, string>> | undefined }
  ): Consumer | undefined
}

/** A credential that was found, and whose it is. */
export interface FoundCredential<OwnCredential = unknown> {
  readonly consumer: Consumer
  readonly credentialId: string
  /** What the plugin's own schema says of it. */
  readonly credential: OwnCredential
  /** What to set under `CREDENTIAL`. {@link notGoodFor} says whether it is good for a request. */
  readonly proof: Credential
}

/** Small shared values with a life. */
export interface Store {
  get(key: string): Promise<string | undefined>
  set(key: string, value: string, ttlMs: number): Promise<void>
  /** @returns the new value. */
  increment(key: string, by: number, ttlMs: number): Promise<number>
}

/** Threads that run one module. */
export interface WorkerPool<Task, Result> {
  /** @throws Refusal 503 `workers_busy` when the queue is full, `worker_failed` when it died or outran its deadline. */
  run(task: Task, signal: AbortSignal): Promise<Result>
}

/** Labels take only words that the configuration knows. */
export interface Metrics {
  counter(name: string, help: string): { add(amount: number, labels?: Readonly<Record<string, string>>): void }
  histogram(name: string, help: string): { observe(value: number, labels?: Readonly<Record<string, string>>): void }
}
