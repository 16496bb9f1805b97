/** What the gateway is meant to reach, and whether a run reached it. Pure: everything measured is handed in. */
import { eventRatioName, type Figure, memoryName, ratioName, streamName } from './harness/figures.ts'
import { figure, type Section } from './harness/report.ts'
import { isUnsteady, type Spread } from './harness/statistics.ts'
import { fastGateway, portkey } from './subjects/gateways.ts'
import { httpProxy } from './subjects/peers.ts'
import { BARE, FEW_ROUTES, MANY_ROUTES, USUAL } from './subjects/tacit.ts'
import { USAGE_P99 } from './usage/questions.ts'

/** A bound on one figure. */
export interface Goal {
  /** The goal in words, with the unit. */
  readonly title: string
  /** {@link Figure.name}. */
  readonly figure: string
  /** `most`: the figure must not be larger; `least`: not smaller. */
  readonly bound: 'most' | 'least'
  /** What it must reach, in the figure's unit. */
  readonly must: number
  /** What it should reach. */
  readonly aim: number
  /** How many of the figure's unit one of the shown unit has. Default: 1. */
  readonly scale?: number
}

const KB = 1000
const MB = 1000 * KB

function most(title: string, figure: string, must: number, aim: number): Goal {
  return { title, figure, bound: 'most', must, aim }
}

function atLeast(title: string, peer: string, must: number, aim: number): Goal {
  return { title, figure: ratioName(peer, USUAL.name), bound: 'least', must, aim }
}

/** The goals for streams through one chain. */
function streamGoals(chain: string): Goal[] {
  const name = (measure: 'added p50 ms' | 'p99 ms') => streamName(100, 10, measure, chain)
  return [
    most(`100 streams, ${chain}: CPU per event against nginx, ×`, eventRatioName(chain, 'nginx'), 2.5, 1.7),
    most(`100 streams, ${chain}: added p50, ms`, name('added p50 ms'), 0.15, 0.06),
    most(`100 streams, ${chain}: p99, ms`, name('p99 ms'), 6, 1.5)
  ]
}

function memoryGoals(chain: string): Goal[] {
  const before = memoryName('RSS before streams', chain)
  const second = memoryName('per stream, second thousand', chain)
  return [
    { ...most(`RSS idle, ${chain}, MB`, before, 120, 90), scale: MB },
    { ...most(`an idle stream of the second thousand, ${chain}, KB`, second, 80, 45), scale: KB }
  ]
}

/** All goals, in the order of the report. One core, 64 connections, POST of 1 KB where nothing else is said. */
export const GOALS: readonly Goal[] = [
  most('without plugins: CPU per request against nginx, ×', ratioName(BARE.name, 'nginx'), 3.2, 2),
  atLeast(`${USUAL.name}: times cheaper than ${httpProxy.name} bare`, httpProxy.name, 2, 3),
  atLeast(`${USUAL.name}: times cheaper than ${portkey.name} bare`, portkey.name, 8, 13),
  atLeast(`${USUAL.name}: times cheaper than ${fastGateway.name} bare`, fastGateway.name, 1.3, 2),
  ...streamGoals(BARE.name),
  ...streamGoals(USUAL.name),
  most('1,000 streams × 25/s, without plugins: merged, %', streamName(1000, 40, 'merged %', BARE.name), 2, 0.5),
  most('1,000 streams × 25/s, without plugins: p99, ms', streamName(1000, 40, 'p99 ms', BARE.name), 36, 5),
  most('10,000 routes against 10: CPU per request, ×', ratioName(MANY_ROUTES.name, FEW_ROUTES.name), 1.1, 1.02),
  ...memoryGoals(BARE.name),
  ...memoryGoals(USUAL.name),
  most('usage API over the figures of 10 million rows: p99, ms', USAGE_P99, 50, 25)
]

/**
 * What became of a goal. Rounds that all agree decide, however far apart they are; where they do not, an unsteady or
 * doubted figure decides nothing.
 */
export function outcome(goal: Goal, found: Pick<Figure, 'spread' | 'isDoubted'> | undefined): string {
  if (found === undefined || found.spread.rounds === 0) return 'not measured'
  const { spread, isDoubted } = found
  const scale = goal.scale ?? 1
  const within = (value: number, limit: number) =>
    goal.bound === 'most' ? value <= limit * scale : value >= limit * scale
  const all = (limit: number) => within(spread.low, limit) && within(spread.high, limit)
  const none = (limit: number) => !within(spread.low, limit) && !within(spread.high, limit)
  const isVague = isDoubted || isUnsteady(spread)
  if (all(goal.aim) || (!isVague && within(spread.median, goal.aim))) return 'met, and the aim'
  if (all(goal.must) || (!isVague && within(spread.median, goal.must))) return 'met'
  // A neighbour makes things slower than they are, never faster: what it spoiled is no failure.
  if (isDoubted || (isUnsteady(spread) && !none(goal.must))) return 'too noisy'
  return 'not met'
}

/** The goals as a table. Sections that were not run leave goals unmeasured. */
export function goalsSection(sections: readonly Pick<Section, 'figures'>[]): Section {
  const figures = sections.flatMap(section => section.figures ?? [])
  const results = GOALS.map(goal => {
    const found = figures.find(each => each.name === goal.figure)
    return { goal, found, outcome: outcome(goal, found) }
  })
  return {
    title: 'Goals',
    notes: ['Median [lowest–highest] of the tables above. MB and KB are powers of ten.'],
    head: ['', 'must', 'aim', 'measured', ''],
    rows: results.map(({ goal, found, outcome }) => [
      goal.title,
      `${sign(goal)} ${figure(goal.must)}`,
      `${sign(goal)} ${figure(goal.aim)}`,
      found === undefined ? '–' : shown(found.spread, goal.scale ?? 1),
      outcome
    ]),
    raw: results.map(({ goal, found, outcome }) => ({ ...goal, measured: found?.spread ?? null, outcome }))
  }
}

function sign({ bound }: Goal): string {
  return bound === 'most' ? '≤' : '≥'
}

function shown({ median, low, high }: Spread, scale: number): string {
  return `${figure(median / scale)} [${figure(low / scale)}–${figure(high / scale)}]`
}
