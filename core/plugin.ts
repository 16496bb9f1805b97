/**
 * The plugin contract: the only door between a plugin and the gateway.
 *
 * Read {@link definePlugin} first (what a plugin exports), then {@link Phases}
 * (what it may do), then `Exchange` (what it is handed), then `Host` (what it
 * may use). Nothing else in core is public to plugins, and the built-in plugins
 * use this same door.
 *
 * Units: durations are milliseconds (`…Ms`), sizes bytes (`…Bytes`), instants
 * milliseconds since the Unix epoch (`…At`), money whole nano-units of its
 * currency (`…Nano`, 1 USD = 1e9) as bigint.
 */
import { type StaticDecode, type TObject, Type } from '@sinclair/typebox'
import type { EndpointHandlers, EndpointTable } from './contract/endpoints.ts'
import type { AccessFacts, Answer, End, Exchange, Facts, Refusal } from './contract/exchange.ts'
import type { Host } from './contract/host.ts'
import type { Key } from './contract/keys.ts'
import type { DownstreamRequest, DownstreamResponse, UpstreamRequest } from './contract/messages.ts'
import type { Command, RecordKind } from './contract/records.ts'
import type { Attempt, Peer } from './contract/upstreams.ts'

export * from './contract/addresses.ts'
export * from './contract/calendar.ts'
export * from './contract/commands.ts'
export * from './contract/draw.ts'
export * from './contract/end-reasons.ts'
export type * from './contract/endpoints.ts'
export * from './contract/estimate-fields.ts'
export type * from './contract/exchange.ts'
export * from './contract/fields.ts'
export type * from './contract/host.ts'
export * from './contract/keys.ts'
export type * from './contract/limits.ts'
export type * from './contract/messages.ts'
export * from './contract/nested.ts'
export * from './contract/next-target.ts'
export * from './contract/proof.ts'
export type * from './contract/records.ts'
export type * from './contract/rollups.ts'
export * from './contract/units.ts'
export type * from './contract/upstreams.ts'
export { nearestOf } from './nearest.ts'
export { Type }

/** A value, or the promise of one. Hot paths return the value. */
export type MaybePromise<Value> = Value | Promise<Value>

/** What a plugin module default-exports, by way of {@link definePlugin}. */
export interface PluginDefinition<
  Config extends TObject = TObject,
  Reasons extends ReasonTable = ReasonTable,
  Credential extends TObject = TObject,
  ConsumerConfig extends TObject = TObject,
  Endpoints extends EndpointTable = EndpointTable
> {
  /** Version of this contract that the plugin was written for. */
  readonly contract: 1
  /** What operators write after `use:`. Lower-case kebab-case. */
  readonly name: string
  /** One sentence, shown by `tacit plugins`. */
  readonly summary: string

  /**
   * Schema of the `config:` block; keys it does not name are refused. Give each
   * property a `description`: it is the plugin's reference documentation. Use
   * `Duration`, `ByteSize`, `Money` and `Secret` for values with a unit.
   */
  readonly config: Config
  /** What a group, a consumer or a credential may set for itself; merged default < group < consumer < credential. */
  readonly consumerConfig?: ConsumerConfig
  /**
   * Schema of this plugin's entry under a consumer's `credentials:`. One property is a `Digest`: it is what
   * `host.credentials.find` looks for. What every credential may have besides (a name, labels, bounds in time, what it is
   * good for, settings) core reads by itself.
   */
  readonly credential?: Credential

  /** Every answer that this plugin may give instead of the upstream's. Static, so none can hold content. */
  readonly reasons?: Reasons
  /** Typed log and webhook events; the only things a plugin can write to the log. */
  readonly events?: Readonly<Record<string, TObject>>
  /** Kinds of rows this plugin keeps. Nothing else can be kept. */
  readonly records?: Readonly<Record<string, RecordKind>>
  /** What can be asked of an instance, on the admin listener or on a route, by name. `setup` returns what answers. */
  readonly endpoints?: Endpoints
  /** `tacit <name> …` commands that this plugin adds. */
  readonly commands?: readonly Command[]

  /** Facts set in `requestFilter` for the plugins after it on the route. */
  readonly provides?: readonly Key<unknown>[]
  /** Facts an *earlier* plugin must provide; checked at load, with the line of the one that came too early. */
  readonly requires?: readonly Key<unknown>[] | ((config: StaticDecode<Config>) => readonly Key<unknown>[])
  /** Facts set in `finish`. */
  readonly providesAtEnd?: readonly Key<unknown>[]
  /** Facts a *later* plugin on the route must provide in its `finish` (which runs in reverse order). */
  readonly requiresAtEnd?: readonly Key<unknown>[] | ((config: StaticDecode<Config>) => readonly Key<unknown>[])

  /**
   * True for a plugin that protects something (authentication, residency,
   * redaction): an operator cannot give it `failureMode: allow`.
   */
  readonly guard?: boolean
  /**
   * The most sensitive data the plugin touches. A guard rail, not a sandbox: a
   * body that is not declared is not handed over.
   */
  readonly data: DataAccess
  /**
   * Whether an instance with these settings reads the request's body, for a plugin that lists it in `data.reads` and does
   * not always. Bodies that nobody reads flow through. Default: it does.
   */
  readonly readsBody?: (config: StaticDecode<Config>) => boolean

  /**
   * Called once for each place the plugin is used, before the gateway listens.
   * It has 10 seconds.
   * @throws Anything. Start-up stops, and instances already set up are closed in reverse.
   */
  setup(
    config: StaticDecode<Config>,
    host: Host<Reasons, StaticDecode<Credential>, StaticDecode<ConsumerConfig>>
  ): MaybePromise<Phases & EndpointHandlers<Endpoints>>
}

/** The refusals of a plugin, by their stable snake_case reason. */
export type ReasonTable = Readonly<Record<string, Reason>>

/** One way to say no. */
export interface Reason {
  /** 4xx or 5xx. */
  readonly status: number
  /** A fixed sentence for a human. */
  readonly message: string
  /** Whether trying again can help. Written as the client's SDK understands it. */
  readonly retryable: boolean
  /** Of a plugin that authenticates: the request presents nothing that it judges, so another plugin may. Default: false. */
  readonly isAbsence?: boolean
}

/** What a plugin reads, and where it sends something. */
export interface DataAccess {
  /** `request-body` and `response-body` are handed over only if listed. */
  readonly reads: readonly ('metadata' | 'identity' | 'credential' | 'request-body' | 'response-body')[]
  /** Other systems that the plugin sends something to; residency rules see them. */
  readonly egress?: readonly { readonly to: string; readonly what: 'metadata' | 'identity' | 'content' }[]
}

/**
 * The life of one exchange, in order. Every phase is optional. What a phase may
 * change is its second argument; the exchange itself is the same throughout.
 *
 *     requestFilter          once     route's plugins, in order
 *     upstreamPeers          per try  the upstream's plugins, in order
 *     upstreamPeer           per try  the upstream's balancer
 *     upstreamRequestFilter  per try  route's plugins, then the upstream's, in order
 *     upstreamResult         per try  the same, observe only, when the try is committed or has failed
 *     responseFilter         once     in REVERSE order
 *     finish                 once     in REVERSE order, however the exchange ended: facts become final, holds are settled
 *     logging                once     in order, after finish; the client is not waiting
 *
 * The names are Pingora's. Kong calls them access, balancer, header_filter and
 * body_filter, log; Envoy decodeHeaders, chooseHost, encodeHeaders, access log.
 *
 * A phase that throws fails its exchange closed (500 `plugin_failed`), unless
 * the operator wrote `failureMode: allow`, which guards refuse. Keep phases
 * synchronous where nothing is waited for.
 */
export interface Phases {
  /** Judges the request. Return `host.refuse(…)` or an {@link Answer} to answer now. */
  requestFilter?(exchange: Exchange, request: DownstreamRequest): MaybePromise<Refusal | Answer | void>
  /**
   * Leaves the balancer fewer peers to choose from: those of a tier, those that are near. Among the plugins of an
   * upstream only. `peers` are healthy and untried, as far as there are such; `all` are those of the upstream, in or out
   * of use. Must not wait.
   * @returns some of `peers`; all of them stay where it returns none.
   */
  upstreamPeers?(exchange: Exchange, peers: readonly Peer[], all: readonly Peer[]): readonly Peer[]
  /**
   * Chooses where this try goes, among peers that are healthy and untried; the
   * list is never empty. Balancers only. Must not wait. One that declares `request-body` may read the body.
   * @returns undefined to answer 503 `no_peer_chosen`.
   */
  upstreamPeer?(exchange: Exchange, peers: readonly Peer[], request: DownstreamRequest): Peer | undefined
  /** Edits what is about to leave for `exchange.target`: credentials, path, fields. */
  upstreamRequestFilter?(exchange: Exchange, request: UpstreamRequest, peer: Peer): MaybePromise<Refusal | void>
  /** Learns how a try went. Must not throw. */
  upstreamResult?(exchange: Exchange, attempt: Attempt): void
  /** Edits the response before its first byte leaves; attaches observers and transforms to its body. */
  responseFilter?(exchange: Exchange, response: DownstreamResponse): MaybePromise<Refusal | void>
  /**
   * Final figures. What is held is settled here; core settles at the held amount what nobody did. Of a balancer after
   * all plugins of the route, when the client was given the answer of a peer that it chose.
   */
  finish?(exchange: Exchange, end: End): void
  /** For records and exporters. Never delays anybody. */
  logging?(exchange: Exchange, facts: AccessFacts): void
  /** Answers `GET /health/ready`; at most once a second; 1,000 ms to answer. */
  health?(): MaybePromise<Health>
  /**
   * What the admin API shows of this instance, at most 1,000 entries: of a balancer by the id of the peer, else by any
   * word that says what is meant. Words of the configuration and numbers, as in `exchange.decide`. Must not wait.
   */
  show?(): Readonly<Record<string, Facts>>
  /** Releases what `setup` opened, when no exchange uses the instance any more. */
  close?(): MaybePromise<void>
}

/** How an instance is. `detail` is shown to operators and holds no content. */
export interface Health {
  readonly status: 'ok' | 'degraded' | 'failed'
  readonly detail?: string
}

declare const loadable: unique symbol
/** A definition that the loader accepts. Made only by {@link definePlugin}. */
export interface Plugin {
  readonly [loadable]: true
}

/** The brand that {@link definePlugin} leaves; shared by every copy of this package. */
export const PLUGIN_BRAND: unique symbol = Symbol.for('tacit.plugin') as never

/** Types a plugin definition from its schemas, and marks it as loadable. */
export function definePlugin<
  Config extends TObject,
  const Reasons extends ReasonTable = Record<never, Reason>,
  Credential extends TObject = TObject,
  ConsumerConfig extends TObject = TObject,
  const Endpoints extends EndpointTable = Record<never, never>
>(definition: PluginDefinition<Config, Reasons, Credential, ConsumerConfig, Endpoints>): Plugin {
  return Object.freeze({ ...definition, [PLUGIN_BRAND]: true }) as unknown as Plugin
}
