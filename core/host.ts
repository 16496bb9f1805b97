/**
 * What each plugin instance is handed: clocks, chance, credentials, the
 * network. Made once per instance; what it opens is closed with it.
 */
import type { Registry } from './catalogue/registry.ts'
import { RegistryView } from './catalogue/view.ts'
import type { Clock } from './clock.ts'
import { freeze } from './configuration/freeze.ts'
import type { LoadedConfiguration } from './configuration/load.ts'
import type { UpstreamConfiguration } from './configuration/schema.ts'
import { usesOf } from './configuration/uses.ts'
import { GatewayError, Refused, refusalFor } from './errors.ts'
import type { EventSink } from './events/events.ts'
import { keyedDigest } from './identity/digest.ts'
import { Directory } from './identity/directory.ts'
import type { IdentityCache } from './identity/identity-cache.ts'
import { StoredIdentities } from './identity/stored.ts'
import { errorCode, type Logger } from './log.ts'
import type { Measures } from './measures.ts'
import { opaqueRefusal, opaqueUpstream } from './opaque.ts'
import type { Host, Metrics, NestedPlugin, PluginDefinition, SecretText, Store } from './plugin.ts'
import { guestId, learnCaller, learnConsumer, learnNames } from './records/names.ts'
import { type RowSink, rowsOfPlugin } from './records/row-sink.ts'
import type { Vocabulary } from './records/vocabulary.ts'
import type { OwnLimits } from './store/limits.ts'
import type { TimerWheel } from './timers.ts'
import { createFetch } from './upstream/fetch.ts'
import { SocketConnections } from './upstream/sockets/connections.ts'
import type { ConnectionOptions, Connections } from './upstream/transport.ts'
import { UndiciConnections } from './upstream/undici.ts'
import { openWorkers } from './workers.ts'

/** Makes the calls of those who may reach the same. The last one is kept, so that connections outlive a reload. */
let lastFetch: { readonly key: string; readonly fetch: Host['fetch'] } | undefined

function fetchFor(allow: readonly string[]): Host['fetch'] {
  const key = JSON.stringify(allow)
  if (lastFetch?.key !== key) lastFetch = { key, fetch: createFetch({ allow }) }
  return lastFetch.fetch
}

type Transport = UpstreamConfiguration['transport']

/** What all instances of one configuration share. */
export interface HostBase {
  readonly clock: Clock
  readonly random: () => number
  readonly directory: Directory
  /** Providers, models and prices. Made when it is first asked for. */
  readonly registry: () => Registry
  /** Identities beside those of the file; undefined where no store for them is configured. */
  readonly stored: StoredIdentities | undefined
  /** The plugins that are in use, by name. */
  readonly definitions: ReadonlyMap<string, PluginDefinition>
  /** Digests a credential with the gateway's key. */
  readonly digest: (credential: string) => string
  /** The upstreams that exist, by their ids, and the provider of each where the operator names one. */
  readonly upstreams: ReadonlyMap<string, string | undefined>
  readonly metrics: (instance: string) => Metrics
  readonly limits: OwnLimits
  readonly store: Store
  /** Whether other processes look into `store`, too. */
  readonly sharesStore: boolean
  /** Where rows go, and the names that they may hold. */
  readonly rows: RowSink
  readonly vocabulary: Vocabulary
  /** Where events for webhooks go. */
  readonly events: EventSink
  readonly logger: Logger
  /** Deadlines. */
  readonly wheel: TimerWheel
  /** Makes what a peer is reached by. */
  readonly connect: (origin: string, options: ConnectionOptions, transport: Transport) => Connections
  /** Outgoing calls of plugins. */
  readonly fetch: Host['fetch']
  /** Runs `work` after each pause, never twice at once. @returns what stops it. */
  readonly repeat: (periodMs: number, work: () => Promise<void> | void, failed: (error: unknown) => void) => () => void
}

/** A host, and what core knows of it. */
export interface HostHandle {
  readonly host: Host
  /** Upstreams that the instance has declared. */
  readonly upstreams: ReadonlySet<string>
  /** Goes on with the consumers, credentials and keys of another configuration. */
  moveTo(base: HostBase): void
  /** Stops timers and threads. */
  close(): Promise<void>
}

/** What a host's base is made of. */
export interface HostParts {
  readonly clock: Clock
  readonly random: () => number
  readonly logger: Logger
  readonly measures: Measures
  /** Deadlines of connections. */
  readonly wheel: TimerWheel
  /** What was spent and stored outlives the configuration. */
  readonly limits: OwnLimits
  readonly store: Store
  /** Whether other processes look into `store`, too. Default: none does. */
  readonly sharesStore?: boolean
  /** What a store of identities has said; undefined where none is configured. */
  readonly identities?: IdentityCache | undefined
  readonly rows: RowSink
  readonly vocabulary: Vocabulary
  readonly events: EventSink
}

/** Makes what all instances of a configuration share. */
export function createHostBase(loaded: LoadedConfiguration, parts: HostParts): HostBase {
  const { clock, random, logger, measures, wheel, limits, store, rows, vocabulary, events } = parts
  learnNames(vocabulary, loaded)
  const { configuration } = loaded
  const key = configuration.digestKey
  const directory = new Directory(loaded.directory)
  const definitions = definitionsOf(loaded)
  const { identities } = parts
  return {
    clock,
    random,
    logger,
    registry: loaded.registry,
    directory,
    stored: identities === undefined ? undefined : new StoredIdentities(identities, clock, directory, definitions),
    definitions,
    digest: digestWith(key),
    upstreams: new Map(configuration.upstreams.map(({ id, provider }) => [id, provider])),
    metrics: instance => measures.ofPlugin(instance),
    limits,
    store,
    sharesStore: parts.sharesStore ?? false,
    rows,
    vocabulary,
    events,
    wheel,
    connect: (origin, options, transport) => {
      const names = { clock, refused: (host: string) => logger.event('peer_refused', { host }) }
      if (transport === 'undici') return new UndiciConnections(origin, options, names)
      return new SocketConnections(origin, options, clock, wheel, names)
    },
    fetch: fetchFor(configuration.egress.allow),
    repeat
  }
}

/** The plugins that a configuration uses anywhere, by name. */
export function definitionsOf(loaded: LoadedConfiguration): ReadonlyMap<string, PluginDefinition> {
  return new Map(usesOf(loaded).map(({ definition }) => [definition.name, definition]))
}

/** Digests credentials with the gateway's key. What it returns throws GatewayError `TACIT_DIGEST_KEY_MISSING` without one. */
export function digestWith(key: SecretText | undefined): (credential: string) => string {
  return credential => {
    if (key !== undefined) return keyedDigest(key.reveal(), credential)
    throw new GatewayError(
      'TACIT_DIGEST_KEY_MISSING',
      'Credentials cannot be digested without a key.',
      'Set `digestKey`.'
    )
  }
}

/** Makes the host of one instance. */
export function createHost(
  definition: PluginDefinition,
  instance: string,
  first: HostBase,
  nested: readonly NestedPlugin[] = []
): HostHandle {
  const { clock, random, limits, store, logger, repeat } = first
  let base = first
  const registry = new RegistryView(() => base.registry())
  const declared = new Set<string>()
  const closers: (() => Promise<void> | void)[] = []
  const refusals = new Map<string, Refused>()
  const rows = rowsOfPlugin(definition, first.rows)
  first.vocabulary.add('instance', [instance])
  for (const [name, reason] of Object.entries(definition.reasons ?? {})) refusals.set(name, new Refused(name, reason))

  const host: Host = {
    instance,
    clock,
    random,
    limits,
    store,
    nested,
    metrics: base.metrics(instance),

    refuse(name, facts) {
      const refused = refusals.get(name)
      if (refused === undefined) {
        throw new GatewayError('TACIT_REASON_UNKNOWN', 'A plugin refused for a reason that it does not declare.')
      }
      return opaqueRefusal(facts === undefined ? refused : refusalFor(name, refused, facts))
    },

    every(periodMs, work) {
      closers.push(repeat(periodMs, work, error => logger.event('timer_failed', { code: errorCode(error) })))
    },

    upstream(id) {
      if (!base.upstreams.has(id)) {
        throw new GatewayError('TACIT_UPSTREAM_UNKNOWN', `No upstream is called "${id}".`, 'Add it under `upstreams`.')
      }
      declared.add(id)
      // An instance that outlives a reload learns of the provider that is written then.
      return opaqueUpstream(id, asked => base.upstreams.get(asked))
    },

    credentials: {
      digest: credential => base.digest(credential),
      find(digest) {
        const inFile = base.directory.find(definition.name, digest)
        if (inFile !== undefined) return base.directory.isGood(inFile, clock.now()) ? inFile : undefined
        return learnCaller(base.vocabulary, base.stored?.find(definition.name, digest))
      }
    },
    consumers: {
      find: id => base.directory.consumer(id) ?? learnConsumer(base.vocabulary, base.stored?.findConsumer(id)),
      guest(name, { group, labels = {} }) {
        if (group !== undefined && !base.directory.hasGroup(group)) return undefined
        return freeze({ id: guestId(base.digest(name)), group, labels: { ...labels } })
      }
    },
    settings: (consumer, credential) =>
      base.stored?.settings(definition.name, consumer, credential) ??
      base.directory.settings(definition.name, consumer, credential),
    groupSettings(consumer) {
      if (consumer.group === undefined) return undefined
      return (
        base.stored?.groupSettings(definition.name, consumer) ??
        base.directory.groupSettings(definition.name, consumer.group)
      )
    },

    fetch: (url, options) => base.fetch(url, options),
    workers<Task, Result>(file: URL, options?: { readonly deadlineMs: number }) {
      const failed = (code: string) => logger.event('worker_failed', { instance, code })
      const pool = openWorkers<Task, Result>(file, { ...options, failed })
      closers.push(() => pool.close())
      return pool
    },

    // Reading what comes along takes tenths of a second: at set-up, where this is taken, and not in the first exchange.
    get catalogue() {
      base.registry()
      return registry
    },
    get prices() {
      base.registry()
      return registry
    },
    record: rows.record,
    get rowsAtRisk() {
      return rows.isAtRisk
    },
    query: rows.query,
    rollup: rows.rollup,
    emit: first.events.ofPlugin(definition)
  }

  return {
    host,
    upstreams: declared,
    moveTo(next) {
      base = next
    },
    close: async () => {
      for (const close of closers.splice(0).toReversed()) await close()
    }
  }
}

function repeat(periodMs: number, work: () => Promise<void> | void, failed: (error: unknown) => void): () => void {
  let timer: NodeJS.Timeout | undefined
  let isStopped = false
  const next = () => {
    if (isStopped) return
    timer = setTimeout(run, periodMs)
    timer.unref()
  }
  const run = async () => {
    try {
      await work()
    } catch (error) {
      failed(error)
    }
    next()
  }
  next()
  return () => {
    isStopped = true
    clearTimeout(timer)
  }
}
