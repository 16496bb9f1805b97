/**
 * Which limits hold for whom: those of the plugin's own configuration, less those that a group, a consumer or a key has
 * of its own. Worked out once for each block of settings. Counts nothing.
 */
import { type WrittenPolicy, writtenPolicy } from 'tacit-gateway/dialects'
import { Calendar, type Consumer, type Credential } from 'tacit-gateway/plugin'
import type { CountedBy, Limit } from './limit.ts'

/** A limit, with what its plugin says where it says nothing itself. */
export interface Rule extends Limit {
  readonly by: readonly CountedBy[]
  /** For a window of the calendar. */
  readonly calendar: Calendar | undefined
  readonly away: 'deny' | 'allow' | 'local'
  readonly patterns: ModelPatterns | undefined
  /** As clients are told of it. */
  readonly policy: WrittenPolicy
}

/** What limits take from their plugin. */
export interface Defaults {
  readonly by: readonly CountedBy[]
  readonly timeZone: string
  readonly away: 'deny' | 'allow' | 'local'
}

/** What a group, a consumer or a key has of its own. */
export interface OwnLimits {
  readonly limits?: readonly Limit[]
  readonly keyLimits?: readonly Limit[]
  readonly groupLimits?: readonly Limit[]
}

/** Where settings come from: the host of the plugin. */
export interface SettingsSource {
  settings(consumer: Consumer, credential?: Credential): OwnLimits
  groupSettings(consumer: Consumer): OwnLimits | undefined
}

const ORDER: ReadonlyMap<CountedBy, number> = new Map(
  (['consumer', 'key', 'group', 'address', 'header', 'model', 'route'] as const).map((kind, index) => [kind, index])
)

/** @throws Error that names what is wrong with `by`. */
export function orderedBy(by: readonly CountedBy[]): readonly CountedBy[] {
  const kinds = [...new Set(by)].sort((one, other) => (ORDER.get(one) ?? 0) - (ORDER.get(other) ?? 0))
  const whose = kinds.filter(kind => kind === 'consumer' || kind === 'key' || kind === 'group')
  if (whose.length > 1) {
    throw new Error(`Count by one of consumer, key and group, not by ${whose.join(' and ')}: a key is of one consumer.`)
  }
  return kinds
}

/** Limits with what they take from their plugin. @throws Error for two that would share a name. */
export function rulesFrom(limits: readonly Limit[], defaults: Defaults): readonly Rule[] {
  const names = new Set<string>()
  return limits.map(limit => {
    const { window, models, exceptModels } = limit
    const by = orderedBy(limit.by ?? defaults.by)
    const name = `${by.join('+')} ${limit.name}`
    if (names.has(name)) throw new Error(`Two limits are called "${limit.name}". Give one of them a \`name\`.`)
    names.add(name)
    return {
      ...limit,
      by,
      away: limit.away ?? defaults.away,
      calendar:
        window.kind === 'calendar' ? new Calendar(window.each, window.timeZone ?? defaults.timeZone) : undefined,
      patterns:
        models === undefined && exceptModels === undefined ? undefined : new ModelPatterns(models, exceptModels),
      policy: writtenPolicy({ name: limit.name, unit: limit.unit, limit: limit.limit, windowMs: toldMs(window) })
    }
  })
}

/** Only weeks are always as long, or nearly so; a day of the calendar has 23 to 25 hours, which no client minds. */
function toldMs(window: Limit['window']): number | undefined {
  if (window.kind === 'rolling') return window.windowMs
  if (window.kind !== 'calendar' || window.each === 'month') return undefined
  return window.each === 'day' ? DAY_MS : 7 * DAY_MS
}

const DAY_MS = 86_400_000

/** The models that a limit holds for. */
export class ModelPatterns {
  readonly #only: readonly string[] | undefined
  readonly #except: readonly string[]

  constructor(only: readonly string[] | undefined, except: readonly string[] = []) {
    this.#only = only
    this.#except = except
  }

  /** @param names what the model is called: as the client says, and as the catalogue does. */
  covers(names: readonly string[]): boolean {
    if (this.#except.some(pattern => names.some(name => fits(pattern, name)))) return false
    return this.#only?.some(pattern => names.some(name => fits(pattern, name))) ?? true
  }
}

function fits(pattern: string, name: string): boolean {
  return pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern
}

const NONE: readonly Rule[] = []

/** Whether something besides a caller is counted by, such as the model. */
function isNobody(kind: CountedBy): boolean {
  return kind !== 'consumer' && kind !== 'key' && kind !== 'group'
}

/** The same limits, no two under one name. Settings come from stores, where nobody sees them beside each other. */
function apart(limits: readonly Limit[]): readonly Limit[] {
  const names = new Set<string>()
  return limits.map(limit => {
    let name = limit.name
    for (let number = 2; names.has(name); number++) name = `${limit.name}-${number}`
    names.add(name)
    return { ...limit, name }
  })
}

/** The limits of one instance, for everybody. */
export class Rules {
  /** Those of the plugin's own configuration. */
  readonly base: readonly Rule[]
  readonly #others: readonly Rule[]
  readonly #byConsumer: readonly Rule[]
  readonly #byKey: readonly Rule[]
  readonly #byGroup: readonly Rule[]
  readonly #defaults: Defaults
  readonly #source: SettingsSource
  readonly #made = new WeakMap<readonly Limit[], readonly Rule[]>()

  constructor(limits: readonly Limit[], defaults: Defaults, source: SettingsSource) {
    this.base = rulesFrom(limits, defaults)
    this.#byConsumer = this.base.filter(({ by }) => by[0] === 'consumer')
    this.#byKey = this.base.filter(({ by }) => by[0] === 'key')
    this.#byGroup = this.base.filter(({ by }) => by[0] === 'group')
    this.#others = this.base.filter(({ by }) => by[0] !== 'consumer' && by[0] !== 'key' && by[0] !== 'group')
    this.#defaults = defaults
    this.#source = source
  }

  /**
   * What holds for a caller. Limits of a consumer's own take the place of those that count by consumer, and likewise for
   * keys and groups; the others hold for everybody.
   */
  for(consumer: Consumer | undefined, credential: Credential | undefined): readonly Rule[] {
    if (consumer === undefined) return this.#others
    const ofConsumer = this.#source.settings(consumer).limits
    const ofKey = credential === undefined ? undefined : this.#source.settings(consumer, credential).keyLimits
    const ofGroup = this.#source.groupSettings(consumer)?.groupLimits
    if (ofConsumer === undefined && ofKey === undefined && ofGroup === undefined) return this.base
    return [
      ...this.#own(ofConsumer, 'consumer', this.#byConsumer),
      ...this.#own(ofKey, 'key', this.#byKey),
      ...this.#own(ofGroup, 'group', this.#byGroup),
      ...this.#others
    ]
  }

  #own(limits: readonly Limit[] | undefined, kind: CountedBy, instead: readonly Rule[]): readonly Rule[] {
    // An instance that counts by something else has no say over what a consumer may use.
    if (limits === undefined || instead.length === 0) return instead
    const known = this.#made.get(limits)
    if (known !== undefined) return known
    const counted = limits.map(limit => ({ ...limit, by: [kind, ...(limit.by ?? []).filter(isNobody)] }))
    const made = counted.length === 0 ? NONE : rulesFrom(apart(counted), this.#defaults)
    this.#made.set(limits, made)
    return made
  }
}
