/** Holds what a call may cost against budgets before it is sent, and settles what it has cost. */

import { isPriced } from 'tacit-gateway/dialects'
import {
  CONSUMER,
  COST,
  CREDENTIAL,
  type DownstreamRequest,
  definePlugin,
  type Exchange,
  type Granted,
  type Held,
  privateKey,
  Type
} from 'tacit-gateway/plugin'
import { type Account, Accounts, claimOf } from './accounts.ts'
import { Alerts } from './alerts.ts'
import { answerEndpoints, ENDPOINT_REASONS, ENDPOINTS } from './endpoints.ts'
import { ascending, Config, ConsumerConfig } from './settings.ts'
import { expectationOf, type Reckoning } from './spending.ts'

/** What an exchange holds. */
interface Hold {
  readonly granted: Granted
  readonly accounts: readonly Account[]
  /** Nano-units, in the order of the accounts. */
  readonly amounts: readonly number[]
  readonly model: string | undefined
  /** Whether a try may have cost something. */
  mayHaveCost: boolean
}

const name = (description: string) => Type.Optional(Type.String({ maxLength: 128, description }))

/** How often it is looked whether a share of a budget was passed, in ms. */
const LOOK_MS = 1_000

const HOLD = privateKey<Hold>('budget.hold')

export default definePlugin({
  contract: 1,
  name: 'budget',
  summary: 'Keeps what consumers, keys and groups spend within their budgets.',
  guard: true,
  config: Config,
  consumerConfig: ConsumerConfig,
  reasons: {
    // 429 is what SDKs and providers know a used-up quota by; `x-should-retry: false` keeps them from coming again.
    budget_exceeded: { status: 429, message: 'The budget has too little left for this request.', retryable: false },
    model_unpriced: {
      status: 400,
      message: 'No price is known for this model, so it cannot be used within a budget.',
      retryable: false
    },
    budget_unavailable: { status: 503, message: 'Budgets cannot be checked just now. Try again.', retryable: true },
    ...ENDPOINT_REASONS
  },
  events: {
    threshold: Type.Object({
      consumer: name('Whose budget it is.'),
      key: name('The credential of that consumer whose budget it is.'),
      group: name('The group whose budget it is.'),
      budget: name('Its name.'),
      percent: Type.Integer({ description: 'The share that was passed.' }),
      currency: name('ISO 4217.'),
      spentNano: Type.Integer(),
      amountNano: Type.Integer()
    })
  },
  endpoints: ENDPOINTS,
  requires: ({ by, budgets }) =>
    by === 'key' || budgets.some(budget => budget.by === 'key') ? [CONSUMER, CREDENTIAL] : [CONSUMER],
  requiresAtEnd: [COST],
  data: { reads: ['metadata', 'identity', 'request-body'] },

  setup(config, host) {
    const { clock, limits, catalogue, prices } = host
    const { timeZone, unknownUsage, estimate, onStoreFailure, model } = config
    const defaults = { by: config.by, timeZone, alerts: ascending(config.alerts) }
    const accounts = new Accounts(config.budgets, defaults, host)
    const reckoning: Reckoning = { catalogue, prices, estimate, model }
    const alerts = new Alerts(host, facts => host.emit('threshold', { ...facts }))

    const refused = host.metrics.counter('budget_refused', 'Calls that a budget had too little left for.')
    const shadowed = host.metrics.counter('budget_shadowed', 'Calls that a budget on trial would have refused.')
    const beyond = host.metrics.counter(
      'budget_beyond_hold_nano',
      'Nano-units spent beyond what was held, by currency.'
    )
    const unknown = host.metrics.counter('budget_unknown_cost', 'Calls whose cost nobody could tell.')
    const unsure = host.metrics.counter('budget_unsure', 'Calls that passed while the store was away.')
    const untold = host.metrics.counter('budget_untold', 'Looks for a threshold that failed.')

    const look = () => alerts.look().catch(() => untold.add(1))
    // An alert that is a second late holds up nobody.
    host.every(LOOK_MS, look)

    const judge = (exchange: Exchange, hold: Omit<Hold, 'granted'>, held: Held) => {
      const accountAt = (index: number) => hold.accounts[index]
      if (!held.granted) {
        const account = accountAt(held.claim)
        if (account === undefined || held.cause !== 'limit') {
          exchange.decide('refused', { cause: held.cause })
          return host.refuse('budget_unavailable', { retryAfterMs: held.retryAfterMs })
        }
        const { name: budget, by } = account.plan
        refused.add(1, { budget })
        exchange.decide('refused', { budget, by })
        alerts.note(account, 0, true)
        return host.refuse('budget_exceeded')
      }
      if (held.unsure) unsure.add(1)
      for (const index of held.shadowed) {
        const account = accountAt(index)
        if (account === undefined) continue
        shadowed.add(1, { budget: account.plan.name })
        exchange.decide('would_refuse', { budget: account.plan.name, by: account.plan.by })
        alerts.note(account, 0, true)
      }
      if (exchange.isExplained) {
        for (const [index, { plan }] of hold.accounts.entries()) {
          const [amountNano, remainingNano] = [hold.amounts[index], held.remaining[index]]
          exchange.decide('held', {
            budget: plan.name,
            by: plan.by,
            currency: plan.currency,
            amountNano,
            remainingNano
          })
        }
      }
      exchange.set(HOLD, { ...hold, granted: held })
      return undefined
    }

    const hold = (exchange: Exchange, request: DownstreamRequest) => {
      const payer = { consumer: exchange.need(CONSUMER), credential: exchange.get(CREDENTIAL) }
      const paying = accounts.of(payer)
      if (paying.length === 0) return
      const now = clock.now()
      const expected = expectationOf(exchange, request, reckoning)
      const amounts: number[] = []
      for (const { plan } of paying) {
        const amount = expected.in(plan.currency)
        if (amount === undefined && !plan.shadow) return host.refuse('model_unpriced')
        // No more than can be counted, whatever a client asks for.
        amounts.push(Math.min(amount ?? 0, Number.MAX_SAFE_INTEGER))
      }
      const claims = paying.map((account, index) => claimOf(account, amounts[index] ?? 0, now, onStoreFailure))
      const made = { accounts: paying, amounts, model: expected.model, mayHaveCost: false }
      const held = limits.hold(exchange, claims)
      // Local counters answer at once; those of a store have to be waited for.
      return held instanceof Promise ? held.then(later => judge(exchange, made, later)) : judge(exchange, made, held)
    }

    return {
      requestFilter: hold,

      upstreamRequestFilter(exchange) {
        const { accounts: paying = [], amounts = [], model: asked } = exchange.get(HOLD) ?? {}
        const { upstream, model: served = asked } = exchange.target ?? {}
        // A plugin after this one may have chosen another target than those that were known when it was held.
        const isUnpriced = paying.some(({ plan: { currency, shadow } }, index) => {
          if (shadow || amounts[index] === 0) return false
          return !isPriced(prices, { provider: upstream?.provider, model: served }, exchange.receivedAt, currency)
        })
        return isUnpriced ? host.refuse('model_unpriced') : undefined
      },

      upstreamResult(exchange, attempt) {
        const hold = exchange.get(HOLD)
        if (hold !== undefined && attempt.outcome !== 'connect_failed' && attempt.outcome !== 'rejected') {
          hold.mayHaveCost = true
        }
      },

      finish(exchange) {
        const hold = exchange.get(HOLD)
        if (hold === undefined) return
        const cost = exchange.get(COST)
        const { granted, amounts } = hold
        if (cost?.known !== true) unknown.add(1)
        const unknownAs = (held: number) => (hold.mayHaveCost && unknownUsage === 'held' ? held : 0)
        const actual = hold.accounts.map(({ plan: { currency } }, index) => {
          const held = amounts[index] ?? 0
          if (cost?.known !== true) return unknownAs(held)
          if (cost.amountNano === 0n) return 0
          return cost.currency === currency ? Number(cost.amountNano) : unknownAs(held)
        })
        granted.settle(actual)
        for (const [index, account] of hold.accounts.entries()) {
          const [held = 0, spent = 0, left = 0] = [amounts[index], actual[index], granted.remaining[index]]
          if (spent > held) beyond.add(spent - held, { currency: account.plan.currency })
          alerts.note(account, account.plan.amountNano - left - held + spent)
        }
      },

      close: look,

      endpoints: answerEndpoints({ accounts, host, forget: account => alerts.forget(account) })
    }
  }
})
