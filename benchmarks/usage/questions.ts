/** What consumers and operators ask of usage, as queries. Pure. */

/** A question, and who asks it. */
export interface Question {
  readonly name: string
  readonly isOperator: boolean
  /** Behind `/usage?`. @param random in [0, 1). @param until the last instant of figures. */
  query(random: () => number, until: number): string
}

/** Name of the figure that the goal is held against: that of a full run. */
export const USAGE_P99 = 'usage p99 ms'

const DAY_MS = 86_400_000
const ZONES = ['UTC', 'Europe/Berlin', 'America/New_York', 'Asia/Shanghai', 'Asia/Kolkata', 'Australia/Eucla']

const zone = (random: () => number) => ZONES[Math.floor(random() * ZONES.length)] ?? 'UTC'
const day = (at: number) => new Date(at).toISOString().slice(0, 10)
const days = (until: number, count: number) => `from=${day(until - count * DAY_MS)}&to=${day(until + DAY_MS)}`

/** All of them, in the order of the report. */
export const QUESTIONS: readonly Question[] = [
  {
    name: 'a consumer: this month',
    isOperator: false,
    query: random => `timeZone=${zone(random)}`
  },
  {
    name: 'a consumer: 30 days, day by day',
    isOperator: false,
    query: (random, until) => `step=day&${days(until, 29)}&timeZone=${zone(random)}`
  },
  {
    name: 'a consumer: 30 days by model and key',
    isOperator: false,
    query: (random, until) => `by=model&by=credential&${days(until, 29)}&timeZone=${zone(random)}`
  },
  {
    name: 'a consumer: 7 days, hour by hour',
    isOperator: false,
    query: (random, until) => `step=hour&limit=1000&${days(until, 6)}&timeZone=${zone(random)}`
  },
  {
    name: 'operators: this month by model and price',
    isOperator: true,
    query: random => `by=model&by=price&timeZone=${zone(random)}`
  },
  {
    name: 'operators: 30 days, day by day, by model',
    isOperator: true,
    query: (random, until) => `step=day&by=model&limit=1000&${days(until, 29)}&timeZone=${zone(random)}`
  },
  {
    name: 'operators: this month by consumer',
    isOperator: true,
    query: random => `by=consumer&limit=1000&timeZone=${zone(random)}`
  },
  {
    name: 'operators: 1 to 30 days by consumer',
    isOperator: true,
    query: (random, until) =>
      `by=consumer&limit=1000&${days(until, Math.floor(random() * 30))}&timeZone=${zone(random)}`
  }
]
