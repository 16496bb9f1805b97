/** One limit as an operator writes it, and as it is worked with. Pure: knows no caller and counts nothing. */
import type { LimitUnit } from 'tacit-gateway/dialects'
import {
  ByteSize,
  CALENDAR_UNITS,
  type CalendarUnit,
  type Claim,
  Duration,
  type Money,
  MoneyAmount,
  TimeZone,
  Type
} from 'tacit-gateway/plugin'

/** Whom a limit may count by. */
export const COUNTED_BY = ['consumer', 'key', 'group', 'address', 'header', 'model', 'route'] as const
/** One of them. */
export type CountedBy = (typeof COUNTED_BY)[number]

/** The time in which so much may be used. */
export type Window =
  | {
      readonly kind: 'rolling'
      readonly algorithm: 'gcra' | 'sliding' | 'fixed'
      readonly windowMs: number
      readonly burst: number | undefined
    }
  | { readonly kind: 'calendar'; readonly each: CalendarUnit; readonly timeZone: string | undefined }
  | { readonly kind: 'concurrent' }

/** One limit, checked. */
export interface Limit {
  /** In names of counters, metrics, headers and endpoints. */
  readonly name: string
  readonly unit: LimitUnit
  /** Units; nano-units of {@link Limit.currency} for money. */
  readonly limit: number
  readonly currency: string | undefined
  readonly window: Window
  /** Undefined: as the instance says. */
  readonly by: readonly CountedBy[] | undefined
  /** Names of models, some with an asterisk at their end; undefined for all. */
  readonly models: readonly string[] | undefined
  readonly exceptModels: readonly string[] | undefined
  readonly shadow: boolean
  readonly away: NonNullable<Claim['away']> | undefined
  readonly lost: NonNullable<Claim['lost']>
  readonly sync: NonNullable<Claim['sync']>
}

/** Most that a counter counts exactly. */
const MOST = Number.MAX_SAFE_INTEGER

function word<const Words extends readonly string[]>(words: Words, description: string) {
  return Type.Optional(Type.Unsafe<Words[number]>(Type.String({ enum: [...words], description })))
}

const count = (description: string) => Type.Optional(Type.Integer({ minimum: 0, maximum: MOST, description }))

const models = (description: string) =>
  Type.Optional(Type.Array(Type.String({ minLength: 1, maxLength: 200 }), { minItems: 1, orOne: true, description }))

/** A list of whom to count by. */
export function By(description: string, byDefault?: readonly CountedBy[]) {
  return Type.Array(Type.Unsafe<CountedBy>(Type.String({ enum: [...COUNTED_BY] })), {
    minItems: 1,
    orOne: true,
    description,
    ...(byDefault !== undefined && { default: byDefault })
  })
}

const Written = Type.Object({
  name: Type.Optional(
    Type.String({
      pattern: '^[a-z0-9][a-z0-9._-]{0,62}$',
      unit: 'id',
      description:
        'Name of the counter. Made of what is counted and the window, if not given: `requests-1m`, `tokens-day`.'
    })
  ),
  by: Type.Optional(By('Whom this limit counts by, where that is not as `by` of the plugin says.')),
  requests: count('Requests.'),
  tokens: count('Tokens of input and output together.'),
  inputTokens: count('Tokens of input, cached ones included.'),
  outputTokens: count('Tokens of output, reasoning included.'),
  cost: Type.Optional(
    MoneyAmount({ description: 'What calls cost, by the prices of the catalogue, such as `5.00 USD`.' })
  ),
  bytes: Type.Optional(ByteSize({ description: 'Bytes of the bodies of requests and responses.' })),
  concurrent: count('Requests at once.'),
  per: Type.Optional(Duration({ description: 'Length of the window, such as `1m`.' })),
  each: word(CALENDAR_UNITS, 'Window of the calendar, in place of `per`; weeks begin on Monday.'),
  timeZone: Type.Optional(
    TimeZone({ description: 'In which `each` begins at midnight, if not in that of the plugin.' })
  ),
  algorithm: word(
    ['sliding', 'gcra', 'fixed'],
    'With `per`: `sliding` looks at the last window at every moment, and is what counts if nothing is said; `gcra` lets units flow back evenly; `fixed` begins anew with each window.'
  ),
  burst: Type.Optional(
    Type.Integer({ minimum: 1, maximum: MOST, description: 'With `algorithm: gcra`: units that may be used at once.' })
  ),
  models: models('Models that it holds for, `gpt-6-*` for all that begin so. All, if not given.'),
  exceptModels: models('Models that it does not hold for.'),
  shadow: Type.Optional(
    Type.Boolean({ description: '`true` counts, tells what would have been refused, and refuses nothing.' })
  ),
  onStoreFailure: word(
    ['deny', 'allow', 'local'],
    'While the store of the counters is away, if not as the plugin says: refuse, let pass, or count here.'
  ),
  lostHolds: word(
    ['charge', 'give_back'],
    'What becomes of what a gateway held that died. `charge`, if not given: never over the limit.'
  ),
  sync: word(
    ['exact', 'lease'],
    '`exact`, if not given: the store is asked each time. `lease`: blocks are taken in advance; never over the limit, but some of it may lie unused.'
  )
})

/** The schema of one limit; decodes to a {@link Limit}. */
export const LimitEntry = Type.Transform(
  Type.Object(Written.properties, {
    description:
      'Give a limit one of `requests`, `tokens`, `inputTokens`, `outputTokens`, `cost`, `bytes` and `concurrent`, and to all but the last either `per` or `each`; `algorithm` goes with `per`, `burst` with `gcra`, `timeZone` with `each`.'
  })
)
  .Decode((written): Limit => {
    const { unit, limit } = amountOf(written)
    const window = windowOf(unit, written)
    const { by, models, exceptModels, shadow = false, onStoreFailure, lostHolds = 'charge', sync = 'exact' } = written
    if (sync === 'lease' && window.kind === 'concurrent') throw new RangeError('what is in use is never leased')
    const name = written.name ?? nameOf(unit, window, models)
    const currency = written.cost?.currency
    return {
      name,
      unit,
      limit,
      currency,
      window,
      by,
      models,
      exceptModels,
      shadow,
      away: onStoreFailure,
      lost: lostHolds,
      sync
    }
  })
  .Encode(() => {
    throw new TypeError('limits are read, never written')
  })

type Amounts = Readonly<Partial<Record<Exclude<LimitUnit, 'cost'>, number>>> & { readonly cost?: Money }

const UNITS = ['requests', 'tokens', 'inputTokens', 'outputTokens', 'cost', 'bytes', 'concurrent'] as const

function amountOf(amounts: Amounts): { readonly unit: LimitUnit; readonly limit: number } {
  const [unit, ...others] = UNITS.filter(name => amounts[name] !== undefined)
  if (unit === undefined || others.length > 0) throw new RangeError('one amount, neither none nor several')
  const limit = unit === 'cost' ? Number(amounts.cost?.amountNano) : (amounts[unit] ?? 0)
  if (!Number.isSafeInteger(limit)) throw new RangeError('more than can be counted exactly')
  return { unit, limit }
}

interface WrittenWindow {
  readonly per?: number
  readonly each?: CalendarUnit
  readonly timeZone?: string
  readonly algorithm?: 'sliding' | 'gcra' | 'fixed'
  readonly burst?: number
}

/** Longest window that a counter has, in ms: ten years. */
const LONGEST_MS = 3_650 * 86_400_000

function windowOf(unit: LimitUnit, { per, each, timeZone, algorithm, burst }: WrittenWindow): Window {
  if (algorithm !== undefined && per === undefined) throw new RangeError('`algorithm` without `per`')
  if (burst !== undefined && algorithm !== 'gcra') throw new RangeError('`burst` without `gcra`')
  if (timeZone !== undefined && each === undefined) throw new RangeError('`timeZone` without `each`')
  if (unit === 'concurrent') {
    if (per !== undefined || each !== undefined) throw new RangeError('requests at once have no window')
    return { kind: 'concurrent' }
  }
  if (each !== undefined) {
    if (per !== undefined) throw new RangeError('both `per` and `each`')
    return { kind: 'calendar', each, timeZone }
  }
  if (per === undefined || per < 1 || per > LONGEST_MS) throw new RangeError('neither `per` nor `each`')
  return { kind: 'rolling', algorithm: algorithm ?? 'sliding', windowMs: per, burst }
}

function nameOf(unit: LimitUnit, window: Window, models: readonly string[] | undefined): string {
  const words = unit.replace(/[A-Z]/g, letter => `-${letter.toLowerCase()}`)
  const time =
    window.kind === 'rolling' ? `-${durationOf(window.windowMs)}` : window.kind === 'calendar' ? `-${window.each}` : ''
  const which =
    models === undefined
      ? ''
      : `-${models
          .join('-')
          .toLowerCase()
          .replace(/[^a-z0-9._-]+/g, '_')}`
  return `${words}${time}${which}`.slice(0, 63)
}

const UNITS_OF_TIME = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000]
] as const

/** As an operator would write it. */
function durationOf(ms: number): string {
  const [unit, length] = UNITS_OF_TIME.find(([, length]) => ms % length === 0) ?? (['ms', 1] as const)
  return `${ms / length}${unit}`
}
