/** Which budgets a call is on, and what their counters are called. Counts nothing. */
import {
  Calendar,
  type Claim,
  type Consumer,
  type CounterName,
  type Credential,
  type Limit
} from 'tacit-gateway/plugin'
import type { Budget, OwnerKind } from './settings.ts'

/** A budget of somebody. */
export interface Account {
  readonly plan: Plan
  readonly whose: Whose
  /** Whose it is, such as `consumer/team-search`: the beginning of the counter's name. */
  readonly owner: string
}

/** Whose a budget is, by the ids of the configuration. */
export interface Whose {
  readonly consumer?: string
  readonly key?: string
  readonly group?: string
}

/** A budget, with what its plugin says where it says nothing itself. */
export interface Plan extends Budget {
  readonly by: OwnerKind
  readonly calendar: Calendar | undefined
  readonly alerts: readonly number[]
}

/** What budgets take from their plugin. */
export interface Defaults {
  readonly by: OwnerKind
  readonly timeZone: string
  readonly alerts: readonly number[]
}

/** What a group, a consumer or a key has of its own. */
export interface OwnBudgets {
  readonly budgets?: readonly Budget[]
  readonly keyBudgets?: readonly Budget[]
  readonly groupBudgets?: readonly Budget[]
}

/** Where settings come from: the host of the plugin. */
export interface SettingsSource {
  settings(consumer: Consumer, credential?: Credential): OwnBudgets
  groupSettings(consumer: Consumer): OwnBudgets | undefined
}

/** Who calls. */
export interface Payer {
  readonly consumer: Consumer
  readonly credential: Credential | undefined
}

/** The budgets of one instance, for everybody. */
export class Accounts {
  readonly plans: readonly Plan[]
  readonly #defaults: Defaults
  readonly #source: SettingsSource
  readonly #own = new WeakMap<readonly Budget[], readonly Plan[]>()

  /** @throws Error for two budgets that would share a counter. */
  constructor(budgets: readonly Budget[], defaults: Defaults, source: SettingsSource) {
    this.#defaults = defaults
    this.#source = source
    this.plans = budgets.map(budget => planOf(budget, budget.by ?? defaults.by, defaults))
    const names = this.plans.map(({ by, name }) => `${name}" of each ${by}`)
    const twice = names.find((name, index) => names.indexOf(name) !== index)
    if (twice !== undefined) throw new Error(`There are two budgets "${twice}. Give one of them a \`name\`.`)
  }

  /** What a call of somebody is on. A consumer without a group has no budget of a group. */
  of(payer: Payer): readonly Account[] {
    return [
      ...this.#plansOf('consumer', this.#source.settings(payer.consumer).budgets, payer),
      ...this.#plansOf(
        'key',
        payer.credential && this.#source.settings(payer.consumer, payer.credential).keyBudgets,
        payer
      ),
      ...this.#plansOf('group', this.#source.groupSettings(payer.consumer)?.groupBudgets, payer)
    ]
  }

  #plansOf(kind: OwnerKind, own: readonly Budget[] | undefined, payer: Payer): readonly Account[] {
    const whose = whoseOf(kind, payer)
    if (whose === undefined) return []
    const owner = ownerOf(whose)
    const general = this.plans.filter(({ by }) => by === kind)
    const plans = own === undefined ? general : this.#made(own, kind)
    return plans.map(plan => ({ plan, whose, owner }))
  }

  #made(own: readonly Budget[], kind: OwnerKind): readonly Plan[] {
    const known = this.#own.get(own)
    if (known !== undefined) return known
    const plans = own.map(budget => planOf(budget, kind, this.#defaults))
    this.#own.set(own, plans)
    return plans
  }
}

function planOf(budget: Budget, by: OwnerKind, { timeZone, alerts }: Defaults): Plan {
  const { window } = budget
  const calendar = window.kind === 'calendar' ? new Calendar(window.each, window.timeZone ?? timeZone) : undefined
  return { ...budget, by, calendar, alerts: budget.alerts ?? alerts }
}

function whoseOf(kind: OwnerKind, { consumer, credential }: Payer): Whose | undefined {
  if (kind === 'consumer') return { consumer: consumer.id }
  if (kind === 'group') return consumer.group === undefined ? undefined : { group: consumer.group }
  return credential === undefined ? undefined : { consumer: consumer.id, key: credential.id }
}

/** The counter of a key stands with those of its consumer, so that both are decided in one step. */
function ownerOf({ consumer = '', key, group }: Whose): string {
  if (group !== undefined) return `group/${encodeURIComponent(group)}`
  const owner = `consumer/${encodeURIComponent(consumer)}`
  return key === undefined ? owner : `${owner}/key/${encodeURIComponent(key)}`
}

/** The counter of a budget; the time decides which window of the calendar it is. */
export function counterOf({ plan: { name, window, calendar }, owner }: Account, now: number): CounterName {
  const counter = `${owner}/budget/${name}`
  if (window.kind === 'rolling') return { counter, algorithm: 'sliding', windowMs: window.windowMs }
  if (calendar === undefined) return { counter, algorithm: 'total' }
  const { startsAt, endsAt } = calendar.windowAt(now)
  return { counter, algorithm: 'calendar', startsAt, endsAt }
}

/** The same with what may be spent of it. */
export function limitOf(account: Account, now: number): Limit {
  return { ...counterOf(account, now), limit: account.plan.amountNano }
}

/** What is asked of it. */
export function claimOf(account: Account, amount: number, now: number, away: NonNullable<Claim['away']>): Claim {
  const { shadow, lost } = account.plan
  return { ...limitOf(account, now), amount, shadow, lost, away }
}
