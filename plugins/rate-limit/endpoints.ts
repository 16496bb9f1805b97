/**
 * What may be asked of the limits: how they stand, for operators and for consumers themselves; to let more be used; to
 * begin anew. Counts nothing by itself.
 */
import {
  type Limit as CounterLimit,
  type CounterName,
  type EndpointHandlers,
  type EndpointTable,
  type Host,
  type MaybePromise,
  MoneyAmount,
  type Reading,
  type Refusal,
  Type
} from 'tacit-gateway/plugin'
import { counterOf, limitOf } from './claims.ts'
import type { CountedBy } from './limit.ts'
import { type Caller, ownerOf } from './owner.ts'
import type { Rule, Rules } from './rules.ts'

const whose = (description: string) => Type.Optional(Type.String({ minLength: 1, maxLength: 512, description }))

/** Whose limits are meant. */
const Whose = {
  consumer: whose('Id of a consumer.'),
  group: whose('Id of a group; beside `consumer`, the one that it is in.'),
  key: whose('Name of a credential, beside the `consumer` that it belongs to.'),
  address: whose('Address of a client.'),
  header: whose('Value of the header that limits count by.'),
  model: whose('Name of a model.'),
  route: whose('Id of a route.')
}

const amount = (description: string) => Type.Integer({ minimum: 0, description })

const Standing = Type.Object({
  limit: Type.String({ description: 'Its name.' }),
  by: Type.Array(Type.String()),
  unit: Type.String({ description: 'What is counted: `requests`, `tokens`, …; `nano-USD` for money in 1e-9 of it.' }),
  most: amount('Units that may be used.'),
  spent: amount('Units that count as used.'),
  held: amount('Units that exchanges under way have set aside.'),
  credit: Type.Integer({ description: 'Units that were added until the window ends.' }),
  remaining: amount('Units that are left.'),
  resetsAt: Type.Union([Type.Integer(), Type.Null()], {
    description: 'When the limit is whole again, if nothing more is used, in ms since the epoch.'
  }),
  shadow: Type.Boolean({ description: 'On trial: it refuses nothing.' })
})

const Standings = Type.Object({ limits: Type.Array(Standing) })

const OneLimit = { limit: Type.String({ minLength: 1, maxLength: 64, description: 'Name of the limit.' }), ...Whose }

/** The endpoints of the plugin. */
export const ENDPOINTS = {
  limits: {
    listener: 'admin',
    method: 'GET',
    path: '/limits',
    role: 'viewer',
    summary: 'How the limits of somebody stand.',
    isAudited: true,
    request: Type.Object(Whose),
    response: Standings
  },
  topUp: {
    listener: 'admin',
    method: 'POST',
    path: '/top-up',
    role: 'operator',
    summary: 'Lets somebody use more of a limit, until its window ends.',
    request: Type.Object({
      ...OneLimit,
      units: Type.Optional(Type.Integer({ description: 'Units to add; taken away again if negative.' })),
      money: Type.Optional(MoneyAmount({ description: 'The same of a limit on cost, such as `5.00 USD`.' }))
    }),
    response: Standings
  },
  reset: {
    listener: 'admin',
    method: 'POST',
    path: '/reset',
    role: 'operator',
    summary: 'Forgets what somebody has used of a limit.',
    request: Type.Object(OneLimit),
    response: Standings
  },
  mine: {
    listener: 'public',
    method: 'GET',
    path: '/limits',
    role: 'consumer',
    summary: 'How your limits stand.',
    response: Standings
  }
} as const satisfies EndpointTable

/** Refusals of the endpoints alone. */
export const ENDPOINT_REASONS = {
  limit_unknown: {
    status: 404,
    message: 'There is no such limit for whom you name. Name all that it counts by.',
    retryable: false
  },
  limit_fixed: {
    status: 409,
    message:
      'Nothing can be added to this limit: it gives back by itself. Only windows of the calendar and fixed ones take more.',
    retryable: false
  },
  amount_wrong: { status: 400, message: 'Give `money` in the currency of the limit, or `units`.', retryable: false }
} as const

type Asked = { readonly [Kind in CountedBy]?: string | undefined }

/** What endpoints work with. */
export interface EndpointParts {
  readonly rules: Rules
  readonly host: Pick<Host<typeof ENDPOINT_REASONS>, 'limits' | 'clock' | 'credentials' | 'refuse'>
}

/** Answers the endpoints. */
export function answerEndpoints({ rules, host }: EndpointParts): EndpointHandlers<typeof ENDPOINTS>['endpoints'] {
  const { limits, clock } = host

  /** The limits that count by no more than what was named, with the beginnings of their counters' names. */
  const found = (asked: Asked): readonly Found[] => {
    const { consumer: id, group, key } = asked
    const consumer = id === undefined && group === undefined ? undefined : { id: id ?? '', group, labels: {} }
    const credential = key === undefined ? undefined : { id: key, scopes: [] }
    const digest =
      asked.header === undefined ? undefined : host.credentials.digest(asked.header).slice('hmac-sha256:'.length)
    const caller: Caller = {
      consumer,
      credential,
      address: asked.address ?? '',
      header: digest,
      model: asked.model,
      route: asked.route ?? ''
    }
    const named = new Set(Object.entries(asked).flatMap(([kind, value]) => (value === undefined ? [] : [kind])))
    if (id === undefined) named.delete('key')
    return rules
      .for(consumer, credential)
      .filter(({ by }) => by.every(kind => named.has(kind)))
      .map(rule => ({ rule, owner: ownerOf(rule.by, caller) }))
  }

  const standings = (entries: readonly Found[]) => {
    const now = clock.now()
    const asked: readonly CounterLimit[] = entries.map(({ rule, owner }) => limitOf(rule, owner, now))
    return after(limits.read(asked), readings => ({
      limits: entries.flatMap(({ rule, owner }, index) => {
        const reading = readings[index]
        return reading === undefined
          ? []
          : [standing(rule, reading, resetsAt(counterOf(rule, owner, now), reading, now))]
      })
    }))
  }

  const change = (asked: Asked & { readonly limit: string }, work: (entry: Found) => MaybePromise<Refusal | void>) => {
    const { limit: name, ...kinds } = asked
    const entry = found(kinds).find(({ rule }) => rule.name === name)
    if (entry === undefined) return host.refuse('limit_unknown')
    return after(work(entry), refusal => refusal ?? standings([entry]))
  }

  return {
    limits: ({ input }) => standings(found(input)),
    mine: ({ consumer }) => standings(found({ consumer: consumer?.id, group: consumer?.group })),
    topUp: ({ input: { units, money, ...asked } }) =>
      change(asked, ({ rule, owner }) => {
        const counter = counterOf(rule, owner, clock.now())
        if (counter.algorithm !== 'fixed' && counter.algorithm !== 'calendar') return host.refuse('limit_fixed')
        if (money !== undefined && (rule.currency !== money.currency || units !== undefined))
          return host.refuse('amount_wrong')
        const added = money === undefined ? units : Number(money.amountNano)
        if (added === undefined || !Number.isSafeInteger(added)) return host.refuse('amount_wrong')
        return limits.topUp(counter, added)
      }),
    reset: ({ input }) =>
      change(input, ({ rule, owner }) => {
        const counter = counterOf(rule, owner, clock.now())
        return counter.algorithm === 'concurrency' ? host.refuse('limit_fixed') : limits.reset(counter)
      })
  }
}

interface Found {
  readonly rule: Rule
  readonly owner: string
}

/** Clocks of stores and gateways differ by moments: the end of a window of the calendar does not. */
function resetsAt({ endsAt }: CounterName, { resetMs }: Reading, now: number): number | null {
  if (resetMs === Number.POSITIVE_INFINITY) return null
  return (resetMs > 0 ? endsAt : undefined) ?? Math.ceil(now + resetMs)
}

function standing(
  { name, by, unit, currency, limit, shadow }: Rule,
  { spent, held, credit, remaining }: Reading,
  resetsAt: number | null
) {
  return {
    limit: name,
    by: [...by],
    unit: currency === undefined ? unit : `nano-${currency}`,
    most: limit,
    spent: Math.ceil(spent),
    held: Math.ceil(held),
    credit,
    remaining,
    resetsAt,
    shadow
  }
}

function after<Value, Next>(
  value: MaybePromise<Value>,
  next: (value: Value) => MaybePromise<Next>
): MaybePromise<Next> {
  return value instanceof Promise ? value.then(next) : next(value)
}
