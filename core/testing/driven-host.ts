/**
 * The host of a plugin that is driven without a gateway: time by hand, chance
 * from a seed, credentials from a list, and everything written down. Limits,
 * values and worker threads are the gateway's own; what a plugin asks for beyond
 * that is refused rather than invented, unless a test hands it in.
 */
import { Registry } from '../catalogue/registry.ts'
import { credentialName } from '../configuration/credentials.ts'
import { NAME_LISTS } from '../contract/fields.ts'
import { GatewayError, refusalFor } from '../errors.ts'
import { judgingEvents } from '../events/events.ts'
import { keyedDigest } from '../identity/digest.ts'
import type { InstanceHost } from '../instances.ts'
import { opaqueRefusal, opaqueUpstream } from '../opaque.ts'
import { isPromise } from '../pipeline/flows.ts'
import type { Consumer, Credential, Exchange, Facts, FoundCredential, PluginDefinition } from '../plugin.ts'
import { guestId } from '../records/names.ts'
import { JudgingSink, rowsOfPlugin } from '../records/row-sink.ts'
import { Vocabulary } from '../records/vocabulary.ts'
import { LocalLimits } from '../store/limits.ts'
import { LocalStore } from '../store/values.ts'
import { openWorkers } from '../workers.ts'
import type { ManualClock } from './manual-clock.ts'
import { seededRandom } from './seeded-random.ts'

/** A credential that {@link DrivenHost} finds. */
export interface DrivenCredential {
  /** What a client presents; the plugin looks for its digest. */
  readonly secret: string
  readonly consumer: Pick<Consumer, 'id'> & Partial<Consumer>
  /** Default: the credential's own `id`, else `<consumer>/<plugin>/1`. */
  readonly credentialId?: string
  /** The plugin's entry under the consumer's `credentials:`, as its schema decodes it. */
  readonly credential?: Readonly<Record<string, unknown>>
  /** What is set under `CREDENTIAL` besides its `id`. Default: the credential's own `scopes`. */
  readonly proof?: Omit<Partial<Credential>, 'id'>
}

/** What a driven plugin finds in its host. */
export interface HostOptions {
  /** Name of the instance. Default: the plugin's. */
  readonly instance?: string
  /** Uniform in [0, 1). Default: {@link seededRandom} with 1. */
  readonly random?: () => number
  /** Default: none. The list is read at each look-up, so it may change meanwhile. */
  readonly credentials?: readonly DrivenCredential[]
  /** Consumers that are found by their names. Default: none. The list is read at each look-up. */
  readonly consumers?: readonly (Pick<Consumer, 'id'> & Partial<Consumer>)[]
  /** Whether looking a credential or a consumer up is waited for, as it is when a store has to be asked. Default: false. */
  readonly slowCredentials?: boolean
  /** Upstreams that exist. Default: none. */
  readonly upstreams?: readonly string[]
  /** The provider that stands behind each upstream, by its id. Default: none is named. */
  readonly providers?: Readonly<Record<string, string>>
  /** Merged settings of a consumer, or of one of its credentials. Default: `{}`. */
  readonly settings?: (consumer: Consumer, credential: Credential | undefined) => Readonly<Record<string, unknown>>
  /** Merged settings of a consumer's group. Default: undefined, as for a consumer without a group. */
  readonly groupSettings?: (consumer: Consumer) => Readonly<Record<string, unknown>> | undefined
  /** Parts of the host that the test brings along itself, such as `fetch`, `catalogue` or `prices`. */
  readonly parts?: Partial<
    Pick<InstanceHost, 'nested' | 'fetch' | 'limits' | 'workers' | 'catalogue' | 'prices' | 'store' | 'rowsAtRisk'>
  >
}

/** One change of a metric. */
export interface Measured {
  readonly metric: string
  readonly value: number
  readonly labels: Readonly<Record<string, string>>
}

/** Everything that the plugin wrote, in order. */
export interface Written {
  readonly metrics: Measured[]
  readonly emitted: { readonly event: string; readonly facts: Facts }[]
  readonly rows: { readonly kind: string; readonly row: Readonly<Record<string, unknown>> }[]
}

/** No provider, no model, no price. */
const NOTHING_KNOWN = new Registry({ providers: [], prices: [], wildcards: new Map() })

/** A host, and what the driver of the plugin knows of it. */
export interface DrivenHost {
  readonly host: InstanceHost
  /** Grows as the plugin writes. */
  readonly written: Written
  /** Upstreams that the instance has declared. */
  readonly upstreams: ReadonlySet<string>
  /** Settles what an exchange that is over has left of its holds, as core does. */
  settleLeft(exchange: Exchange): void
  /** Stops what runs periodically, and ends threads. */
  close(): Promise<void>
}

/** Makes the host of one instance. */
export function drivenHost(definition: PluginDefinition, clock: ManualClock, options: HostOptions): DrivenHost {
  const { instance = definition.name, random = seededRandom(1), credentials = [], parts = {} } = options
  const written: Written = { metrics: [], emitted: [], rows: [] }
  const declared = new Set<string>()
  const closers: (() => Promise<void> | void)[] = []
  const limits = new LocalLimits(clock)
  const judge = judgingEvents.ofPlugin(definition)
  const rows = rowsOfPlugin(definition, new JudgingSink(clock, everyName()))

  const measure = (metric: string, value: number, labels: Readonly<Record<string, string>> = {}): void => {
    written.metrics.push({ metric, value, labels })
  }

  const digestOf = (secret: string): string => keyedDigest('key of a driven host', secret)
  const find = (digest: string): FoundCredential<Record<string, unknown>> | undefined => {
    const found = credentials.find(candidate => digestOf(candidate.secret) === digest)
    if (found === undefined) return undefined
    const consumer = { group: undefined, labels: {}, ...found.consumer }
    const { credential = {} } = found
    const credentialId = found.credentialId ?? credentialName(consumer.id, definition.name, 0, credential)
    const scopes = Array.isArray(credential.scopes) ? credential.scopes.map(String) : []
    return { consumer, credentialId, credential, proof: { id: credentialId, scopes, ...found.proof } }
  }

  const host: InstanceHost = {
    instance,
    refuse(reason, facts) {
      const found = definition.reasons?.[reason]
      if (found === undefined) throw new GatewayError('TACIT_REASON_UNKNOWN', `No reason is called "${reason}".`)
      return opaqueRefusal(refusalFor(reason, found, facts))
    },
    clock,
    random,
    every(periodMs, work) {
      let dueMs = clock.monotonic() + periodMs
      let isRunning = false
      const look = () => {
        if (isRunning || clock.monotonic() < dueMs) return
        dueMs = clock.monotonic() + periodMs
        const wait = work()
        if (!isPromise(wait)) return
        isRunning = true
        wait.finally(() => {
          isRunning = false
        })
      }
      closers.push(clock.onMove(look))
    },
    metrics: {
      counter: name => ({ add: (amount, labels) => measure(name, amount, labels) }),
      histogram: name => ({ observe: (value, labels) => measure(name, value, labels) })
    },
    nested: parts.nested ?? [],
    upstream(id) {
      if (!options.upstreams?.includes(id)) {
        throw new GatewayError('TACIT_UPSTREAM_UNKNOWN', `No upstream is called "${id}".`, 'List it in `upstreams`.')
      }
      declared.add(id)
      return opaqueUpstream(id, asked => options.providers?.[asked])
    },
    catalogue: parts.catalogue ?? NOTHING_KNOWN,
    prices: parts.prices ?? NOTHING_KNOWN,
    credentials: {
      digest: digestOf,
      find: digest => (options.slowCredentials ? Promise.resolve(find(digest)) : find(digest))
    },
    consumers: {
      find(id) {
        const found = options.consumers?.find(consumer => consumer.id === id)
        const consumer = found && { group: undefined, labels: {}, ...found }
        return options.slowCredentials ? Promise.resolve(consumer) : consumer
      },
      guest: (name, { group, labels = {} }) => ({ id: guestId(digestOf(name)), group, labels: { ...labels } })
    },
    settings: (consumer, credential) => options.settings?.(consumer, credential) ?? {},
    groupSettings: consumer => options.groupSettings?.(consumer),
    limits: parts.limits ?? limits,
    store: parts.store ?? new LocalStore(clock),
    query: (kind, query) => rows.query(kind, query),
    rollup: (kind, query) => rows.rollup(kind, query),
    get rowsAtRisk() {
      return parts.rowsAtRisk ?? false
    },
    record(kind, row) {
      rows.record(kind, row)
      written.rows.push({ kind, row })
    },
    emit(event, facts) {
      judge(event, facts)
      written.emitted.push({ event, facts })
    },
    fetch: parts.fetch ?? (() => missing('fetch')),
    workers<Task, Result>(file: URL, workerOptions?: { readonly deadlineMs: number }) {
      if (parts.workers !== undefined) return parts.workers<Task, Result>(file, workerOptions)
      const pool = openWorkers<Task, Result>(file, workerOptions)
      closers.push(() => pool.close())
      return pool
    }
  }
  return {
    host,
    written,
    upstreams: declared,
    settleLeft: exchange => limits.settleLeft(exchange),
    close: async () => {
      for (const close of closers.splice(0).toReversed()) await close()
    }
  }
}

/** What a test calls its consumers and models is known. */
function everyName(): Vocabulary {
  const vocabulary = new Vocabulary()
  for (const list of NAME_LISTS) vocabulary.ask(list, () => true)
  return vocabulary
}

function missing(part: string): never {
  throw new GatewayError(
    'TACIT_CAPABILITY_MISSING',
    `The driven host has no \`${part}\`.`,
    `Hand one in: \`parts: { ${part}: … }\`.`
  )
}
