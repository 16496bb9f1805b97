/** What an operator may say of budgets: for all, and for a group, a consumer or a key. Knows no request. */
import {
  CALENDAR_UNITS,
  type CalendarUnit,
  type Claim,
  Duration,
  ESTIMATE_FIELDS,
  MoneyAmount,
  Share,
  TimeZone,
  Type
} from 'tacit-gateway/plugin'

/** Whose money it is. */
export const OWNERS = ['consumer', 'key', 'group'] as const
/** One of them. */
export type OwnerKind = (typeof OWNERS)[number]

/** One budget, checked. */
export interface Budget {
  readonly name: string
  /** Undefined: as the plugin says. */
  readonly by: OwnerKind | undefined
  readonly currency: string
  /** 1e-9 of the currency; exact up to some nine million. */
  readonly amountNano: number
  /** `total` is for good, `rolling` looks back from every moment. */
  readonly window:
    | { readonly kind: 'calendar'; readonly each: CalendarUnit; readonly timeZone: string | undefined }
    | { readonly kind: 'rolling'; readonly windowMs: number }
    | { readonly kind: 'total' }
  /** Shares of the amount, ascending; undefined: as the plugin says. */
  readonly alerts: readonly number[] | undefined
  readonly shadow: boolean
  readonly lost: NonNullable<Claim['lost']>
}

function words<const Words extends readonly string[]>(
  list: Words,
  options: { default?: Words[number]; description: string }
) {
  return Type.Unsafe<Words[number]>(Type.String({ enum: [...list], ...options }))
}

const Alerts = (options: { readonly default?: readonly string[]; readonly description: string }) =>
  Type.Array(Share(), { orOne: true, ...options })

/** The schema of one budget; decodes to a {@link Budget}. */
export const BudgetEntry = Type.Transform(
  Type.Object(
    {
      amount: MoneyAmount({ description: 'What may be spent, in the currency of the prices: `50.00 USD`.' }),
      each: Type.Optional(
        words(CALENDAR_UNITS, {
          description: 'Begins anew with every day, week (on Monday) or month, at midnight of `timeZone`.'
        })
      ),
      per: Type.Optional(Duration({ description: 'Rolling: what was spent in the last `30d`, at every moment.' })),
      by: Type.Optional(
        words(OWNERS, { description: 'Whose budget it is, where that is not as `by` of the plugin says.' })
      ),
      name: Type.Optional(
        Type.String({
          pattern: '^[a-z0-9][a-z0-9._-]{0,62}$',
          unit: 'id',
          description: 'In counters, events and endpoints. `month`, `30d` or `total`, if not given.'
        })
      ),
      timeZone: Type.Optional(TimeZone({ description: 'For `each`, if not that of the plugin.' })),
      alerts: Type.Optional(
        Alerts({ description: 'Shares at which an event is told, if not those of the plugin. `[]` for none.' })
      ),
      shadow: Type.Optional(Type.Boolean({ description: '`true` reckons and tells, and refuses nothing.' })),
      lostHolds: Type.Optional(
        words(['charge', 'give_back'], {
          description: 'What becomes of what a gateway held that died. `charge`, if not given.'
        })
      )
    },
    {
      description:
        'Give a budget an `amount` above zero and at most nine million, and at most one of `each` and `per`; without both it is for good. `timeZone` goes with `each`.'
    }
  )
)
  .Decode(({ amount, each, per, timeZone, by, name, alerts, shadow = false, lostHolds = 'charge' }): Budget => {
    const amountNano = Number(amount.amountNano)
    if (amountNano === 0 || !Number.isSafeInteger(amountNano))
      throw new RangeError('no amount that can be reckoned with')
    if (each !== undefined && per !== undefined) throw new RangeError('both `each` and `per`')
    if (timeZone !== undefined && each === undefined) throw new RangeError('`timeZone` without `each`')
    if (per !== undefined && (per < 1 || per > LONGEST_MS)) throw new RangeError('no length of a window')
    return {
      name: name ?? each ?? (per === undefined ? 'total' : durationOf(per)),
      by,
      currency: amount.currency,
      amountNano,
      window:
        each !== undefined
          ? { kind: 'calendar', each, timeZone }
          : per !== undefined
            ? { kind: 'rolling', windowMs: per }
            : { kind: 'total' },
      alerts: alerts === undefined ? undefined : ascending(alerts),
      shadow,
      lost: lostHolds
    }
  })
  .Encode(() => {
    throw new TypeError('budgets are read, never written')
  })

/** Ten years, in ms: longer windows have no counter. */
const LONGEST_MS = 3_650 * 86_400_000

function durationOf(ms: number): string {
  if (ms % 86_400_000 === 0) return `${ms / 86_400_000}d`
  return ms % 3_600_000 === 0 ? `${ms / 3_600_000}h` : `${ms}ms`
}

/** Shares in order, each once. */
export function ascending(shares: readonly number[]): readonly number[] {
  return [...new Set(shares)].sort((one, other) => one - other)
}

/** The `config:` block. */
export const Config = Type.Object({
  by: words(OWNERS, { default: 'consumer', description: 'Whose budgets they are.' }),
  budgets: Type.Array(BudgetEntry, {
    minItems: 1,
    description:
      'All of them must have enough left for a call. `each` begins anew, `per` is rolling, without both it is for good.'
  }),
  model: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 200,
      unit: 'modelName',
      description: 'The model whose price holds for requests that name none: the product behind an API without models.'
    })
  ),
  timeZone: TimeZone({ default: 'UTC', description: 'In which days, weeks and months begin.' }),
  alerts: Alerts({
    default: ['50%', '80%', '100%'],
    description: 'Shares of a budget at which the event `budget.threshold` is told, once in each window.'
  }),
  onStoreFailure: words(['deny', 'allow', 'local'], {
    default: 'deny',
    description:
      'While the store of the counters is away: refuse with 503, let pass, or reckon here, up to this gateway’s share.'
  }),
  unknownUsage: words(['held', 'nothing'], {
    default: 'held',
    description: 'What a call is charged whose cost nobody knows: what was held, or nothing.'
  }),
  estimate: Type.Object(
    {
      ...ESTIMATE_FIELDS
    },
    { default: {}, description: 'What is held before it is known.' }
  )
})

const own = (description: string) => Type.Optional(Type.Array(BudgetEntry, { description }))

/** What a group, a consumer or a key may have of its own. */
export const ConsumerConfig = Type.Object({
  budgets: own('In place of the budgets of consumers.'),
  keyBudgets: own('In place of the budgets of keys, for each key.'),
  groupBudgets: own('In place of the budgets of groups. Only a group may have them.')
})
