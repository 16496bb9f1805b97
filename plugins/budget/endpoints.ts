/** What may be asked of budgets: how they stand, more money, a new beginning. Amounts are told as people write them. */
import {
  type EndpointHandlers,
  type EndpointTable,
  type Host,
  MoneyAmount,
  type Reading,
  Type
} from 'tacit-gateway/plugin'
import { type Account, type Accounts, counterOf, limitOf } from './accounts.ts'

const id = (description: string) => Type.Optional(Type.String({ minLength: 1, maxLength: 256, description }))

const Payer = {
  consumer: id('Id of a consumer.'),
  key: id('Name of one of its credentials.'),
  group: id('Id of a group; beside `consumer`, the one that it is in.')
}

const money = (description: string) => Type.String({ description: `${description} Such as \`5.00 USD\`.` })

const Standing = Type.Object({
  budget: Type.String({ description: 'Its name.' }),
  by: Type.String({ description: '`consumer`, `key` or `group`.' }),
  amount: money('What may be spent.'),
  credit: money('What was added.'),
  spent: money('What was spent.'),
  held: money('What calls under way have set aside.'),
  remaining: money('What is left.'),
  resetsAt: Type.Union([Type.Integer(), Type.Null()], {
    description: 'When all of it can be spent again, if nothing more is spent, in ms since the epoch; never, if null.'
  }),
  shadow: Type.Boolean({ description: 'On trial: it refuses nothing.' })
})

const Standings = Type.Object({ budgets: Type.Array(Standing) })

const OneBudget = { budget: Type.String({ minLength: 1, maxLength: 64, description: 'Name of the budget.' }), ...Payer }

/** The endpoints of the plugin. */
export const ENDPOINTS = {
  budgets: {
    listener: 'admin',
    method: 'GET',
    path: '/budgets',
    role: 'viewer',
    summary: 'How the budgets of somebody stand.',
    isAudited: true,
    request: Type.Object(Payer),
    response: Standings
  },
  topUp: {
    listener: 'admin',
    method: 'POST',
    path: '/top-up',
    role: 'operator',
    summary: 'Adds money to a budget, until its window ends.',
    request: Type.Object({
      ...OneBudget,
      amount: MoneyAmount({ description: 'In the currency of the budget.' }),
      takeBack: Type.Optional(Type.Boolean({ description: 'Takes it away again instead.' }))
    }),
    response: Standings
  },
  reset: {
    listener: 'admin',
    method: 'POST',
    path: '/reset',
    role: 'operator',
    summary: 'Forgets what was spent of a budget, and what was added to it.',
    request: Type.Object(OneBudget),
    response: Standings
  },
  mine: {
    listener: 'public',
    method: 'GET',
    path: '/budgets',
    role: 'consumer',
    summary: 'How your budgets stand.',
    response: Standings
  }
} as const satisfies EndpointTable

/** Refusals of the endpoints alone. */
export const ENDPOINT_REASONS = {
  budget_unknown: { status: 404, message: 'There is no such budget for whom you name.', retryable: false },
  budget_rolling: {
    status: 409,
    message: 'Nothing can be added to a rolling budget: it gives back by itself.',
    retryable: false
  },
  currency_wrong: { status: 400, message: 'The budget is in another currency.', retryable: false }
} as const

interface Asked {
  readonly consumer?: string | undefined
  readonly key?: string | undefined
  readonly group?: string | undefined
}

/** What endpoints work with. */
export interface EndpointParts {
  readonly accounts: Accounts
  readonly host: Pick<Host<typeof ENDPOINT_REASONS>, 'limits' | 'clock' | 'refuse'>
  /** Called when a budget was begun anew. */
  readonly forget: (account: Account) => Promise<void>
}

/** Answers the endpoints. */
export function answerEndpoints({
  accounts,
  host,
  forget
}: EndpointParts): EndpointHandlers<typeof ENDPOINTS>['endpoints'] {
  const { limits, clock } = host

  const accountsOf = ({ consumer: name, key, group }: Asked): readonly Account[] => {
    const consumer = { id: name ?? '', group, labels: {} }
    const credential = key === undefined ? undefined : { id: key, scopes: [] }
    const named = new Set([
      name !== undefined && 'consumer',
      name !== undefined && key !== undefined && 'key',
      group !== undefined && 'group'
    ])
    return accounts.of({ consumer, credential }).filter(({ plan }) => named.has(plan.by))
  }

  const standings = async (found: readonly Account[]) => {
    const now = clock.now()
    const readings = await limits.read(found.map(account => limitOf(account, now)))
    return {
      budgets: found.flatMap((account, index) => {
        const reading = readings[index]
        return reading === undefined ? [] : [standing(account, reading, resetsAt(account, reading, now))]
      })
    }
  }

  const accountOf = ({ budget, ...asked }: Asked & { readonly budget: string }): Account | undefined =>
    accountsOf(asked).find(({ plan }) => plan.name === budget)

  return {
    budgets: ({ input }) => standings(accountsOf(input)),
    mine: ({ consumer }) => standings(accountsOf({ consumer: consumer?.id, group: consumer?.group })),
    async topUp({ input: { amount, takeBack = false, ...asked } }) {
      const account = accountOf(asked)
      if (account === undefined) return host.refuse('budget_unknown')
      if (account.plan.currency !== amount.currency) return host.refuse('currency_wrong')
      const counter = counterOf(account, clock.now())
      if (counter.algorithm === 'sliding') return host.refuse('budget_rolling')
      const nano = Number(amount.amountNano)
      await limits.topUp(counter, takeBack ? -nano : nano)
      return standings([account])
    },
    async reset({ input }) {
      const account = accountOf(input)
      if (account === undefined) return host.refuse('budget_unknown')
      await limits.reset(counterOf(account, clock.now()))
      await forget(account)
      return standings([account])
    }
  }
}

/** Clocks of stores and gateways differ by moments: the end of a window does not. */
function resetsAt(account: Account, { resetMs }: Reading, now: number): number | null {
  if (resetMs === Number.POSITIVE_INFINITY) return null
  return (resetMs > 0 ? counterOf(account, now).endsAt : undefined) ?? Math.ceil(now + resetMs)
}

function standing({ plan }: Account, { spent, held, credit, remaining }: Reading, resetsAt: number | null) {
  const { name, by, amountNano, currency, shadow } = plan
  return {
    budget: name,
    by,
    amount: written(amountNano, currency),
    credit: written(credit, currency),
    spent: written(spent, currency),
    held: written(held, currency),
    remaining: written(remaining, currency),
    resetsAt,
    shadow
  }
}

/** Nano-units as people write them, two decimals at least: `5.00 USD`, `-0.000001 USD`. */
export function written(nano: number, currency: string): string {
  const digits = String(Math.abs(Math.round(nano))).padStart(10, '0')
  const fraction = digits.slice(-9).replace(/0+$/, '').padEnd(2, '0')
  return `${nano < 0 ? '-' : ''}${digits.slice(0, -9)}.${fraction} ${currency}`
}
