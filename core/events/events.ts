/**
 * Events of plugins on their way to webhooks: judged like lines of the log, on the
 * disk before anybody is told, and then handed over. Without a webhook that wants
 * it an event costs nothing but a look at its name.
 */
import type { TObject } from '@sinclair/typebox'
import type { Clock } from '../clock.ts'
import type { WebhookConfiguration } from '../configuration/webhooks-schema.ts'
import type { Facts } from '../contract/exchange.ts'
import { GatewayError } from '../errors.ts'
import { compileEvent } from '../log/event.ts'
import type { Health, Host, PluginDefinition } from '../plugin.ts'
import type { NewEvent } from '../records/outbox.ts'
import { Delivery, type WaitingEvents } from './delivery.ts'

/** Where events wait. */
export interface EventStore extends WaitingEvents {
  /** Never waits. */
  emit(event: NewEvent): void
  tidy(webhooks: readonly string[], before: number): Promise<void>
  /** Called when events have come to be on the disk. */
  onEmitted(listener: () => void): void
}

/** What events are opened with. */
export interface EventParts {
  readonly clock: Clock
  readonly random: () => number
  readonly webhooks: readonly WebhookConfiguration[]
  /** Undefined where nothing is kept; there are no webhooks then. */
  readonly store: EventStore | undefined
  readonly fetchFor: (webhook: WebhookConfiguration) => Host['fetch']
  readonly tried?: (webhook: string, outcome: 'ok' | 'retry' | 'dead', code: string) => void
}

/** How often it is looked what is due, in ms: tries of before, and dead letters that are to be sent again. */
const LOOK_MS = 1_000
/** Events that nobody has taken for so long are removed, in ms. */
const LIFE_MS = 30 * 86_400_000
/** How often old ones are looked for, in ms. */
const TIDY_MS = 3_600_000

/** Takes events from plugins. */
export interface EventSink {
  /** Makes the events of a plugin known. @returns `host.emit`. */
  ofPlugin(definition: PluginDefinition): (event: string, facts: Facts) => void
}

/** Events of all plugins, and all webhooks. */
export class Events implements EventSink {
  readonly #parts: EventParts
  readonly #deliveries: readonly Delivery[]
  readonly #timers: NodeJS.Timeout[] = []
  readonly #health = new Map<string, string>()

  constructor(parts: EventParts) {
    this.#parts = parts
    const { clock, random, webhooks, store, fetchFor, tried } = parts
    if (store === undefined) {
      this.#deliveries = []
      return
    }
    const noted = (webhook: string, outcome: 'ok' | 'retry' | 'dead', code: string) => {
      if (outcome === 'ok') this.#health.delete(webhook)
      else this.#health.set(webhook, code)
      tried?.(webhook, outcome, code)
    }
    this.#deliveries = webhooks.map(
      webhook => new Delivery(webhook, { clock, random, outbox: store, fetchFor, tried: noted })
    )
  }

  /** Begins to hand events over, those of before a restart as well. */
  begin(failed: (error: unknown) => void): void {
    const { store, clock, webhooks } = this.#parts
    if (store === undefined) return
    const pump = () => this.pump().catch(failed)
    const tidy = () =>
      store
        .tidy(
          webhooks.map(({ id }) => id),
          clock.now() - LIFE_MS
        )
        .catch(failed)
    store.onEmitted(pump)
    this.#timers.push(setInterval(pump, LOOK_MS).unref(), setInterval(tidy, TIDY_MS).unref())
    void tidy().then(pump)
  }

  ofPlugin(definition: PluginDefinition): (event: string, facts: Facts) => void {
    return emitter(definition, (name, schema) => {
      const full = `${definition.name}.${name}`
      const wanting = this.#parts.webhooks.filter(({ events }) => events.some(wanted => isMeant(wanted, full)))
      const webhooks = wanting.map(({ id }) => id)
      if (webhooks.length === 0) return () => {}
      const compiled = compileEvent(name, schema)
      const subject = String(schema.subject ?? 'consumer')
      return facts => {
        const about = facts[subject]
        this.#parts.store?.emit({
          at: this.#parts.clock.now(),
          name: full,
          subject: typeof about === 'string' ? about : '',
          data: `{${compiled.render(facts)}}`,
          webhooks
        })
      }
    })
  }

  /** Hands over everything that is due now. */
  async pump(): Promise<void> {
    await Promise.all(this.#deliveries.map(delivery => delivery.pump()))
  }

  /** Tells how the webhooks are, where there are any. */
  get tellers(): readonly { readonly name: string; readonly phases: { health(): Health } }[] {
    return this.#deliveries.length === 0 ? [] : [{ name: 'webhooks', phases: { health: () => this.health() } }]
  }

  /** Degraded while a webhook does not take what it is sent. */
  health(): Health {
    const [first] = this.#health
    if (first === undefined) return { status: 'ok' }
    return { status: 'degraded', detail: `the webhook ${first[0]} takes no events: ${first[1]}` }
  }

  close(): void {
    for (const timer of this.#timers) clearInterval(timer)
    for (const delivery of this.#deliveries) delivery.close()
  }
}

/** Whether `budget.exceeded`, `budget.*` or `*` means an event. */
function isMeant(wanted: string, name: string): boolean {
  return wanted === '*' || wanted === name || (wanted.endsWith('.*') && name.startsWith(wanted.slice(0, -1)))
}

/** Judges events and hands none over: for dry runs, and for tests. */
export const judgingEvents: EventSink = {
  ofPlugin: definition =>
    emitter(definition, (name, schema) => {
      const compiled = compileEvent(name, schema)
      return facts => void compiled.render(facts)
    })
}

/** `host.emit` of a plugin. @param open makes what takes one of its events. */
function emitter(
  { name: plugin, events = {} }: PluginDefinition,
  open: (name: string, schema: TObject) => (facts: Facts) => void
): (event: string, facts: Facts) => void {
  const known = new Map(Object.entries(events).map(([name, schema]) => [name, open(name, schema)]))
  return (event, facts) => {
    const emit = known.get(event)
    if (emit === undefined) {
      throw new GatewayError('TACIT_EVENT_UNKNOWN', `The plugin "${plugin}" declares no such event.`)
    }
    emit(facts)
  }
}
