/** Tables and plots of simulated runs. Pure: what was run is handed in. */
import { type Plot, svg } from '../harness/plot.ts'
import { quantile, type Spread, spreadOf } from '../harness/statistics.ts'
import type { Scenario } from './scenarios.ts'
import type { Run } from './simulation.ts'

/** All runs of one policy in one world, one for each seed. */
export interface Line {
  readonly policy: string
  readonly runs: readonly Run[]
}

/** All lines of one world. */
export interface Section {
  readonly scenario: Pick<Scenario, 'name' | 'about' | 'perSecond'>
  readonly lines: readonly Line[]
}

/** Quantiles that are told. */
export const QUANTILES: readonly (readonly [name: string, share: number])[] = [
  ['p50', 0.5],
  ['p95', 0.95],
  ['p99', 0.99]
]

/** One quantile of the times of a line, in ms, over its seeds. */
export function timesOf({ runs }: Line, share: number): Spread {
  return spreadOf(runs.map(({ latenciesMs }) => quantile(latenciesMs, share)))
}

/** One section in Markdown. */
export function tableOf({ scenario: { name, about, perSecond }, lines }: Section): string {
  const rows = lines.map(line => {
    const times = QUANTILES.map(([, share]) => spreadOfMs(timesOf(line, share)))
    const errors = percent(median(line.runs.map(run => run.errors)))
    const shares = [0, 1, 2].map(index => percent(median(line.runs.map(run => run.shares[index] ?? 0))))
    const late = [0, 1, 2].map(index => percent(median(line.runs.map(run => run.lateShares[index] ?? 0))))
    return `| ${[line.policy, ...times, errors, shares.join(' · '), late.join(' · ')].join(' | ')} |`
  })
  const heads = ['policy', ...QUANTILES.map(([name]) => `${name}, ms`), 'errors', 'shares', 'in the last quarter']
  return [
    `## ${name}`,
    '',
    `${about} ${perSecond} requests a second.`,
    '',
    `| ${heads.join(' | ')} |`,
    `|${heads.map(() => '---').join('|')}|`,
    ...rows,
    ''
  ].join('\n')
}

/** The plots of one section: one for each quantile, and one for the share of the first server. */
export function plotsOf({ scenario, lines }: Section): readonly { readonly file: string; readonly content: string }[] {
  const file = scenario.name.replaceAll(' ', '-')
  const plots: readonly Plot[] = [
    ...QUANTILES.map(([name, share]) => ({
      file: `${file}-${name}`,
      title: `${scenario.name}: ${name}`,
      axis: 'time to the answer, ms (median, lowest and highest seed)',
      marks: lines.map(line => ({ label: line.policy, spread: timesOf(line, share), isOurs: isOurs(line) }))
    })),
    {
      file: `${file}-share`,
      title: `${scenario.name}: share of the first server`,
      axis: '% of the requests (median, lowest and highest seed)',
      marks: lines.map(line => ({
        label: line.policy,
        spread: spreadOf(line.runs.map(({ shares: [first = 0] }) => first * 100)),
        isOurs: isOurs(line)
      }))
    }
  ]
  return plots.map(plot => ({ file: `${plot.file}.svg`, content: svg(plot) }))
}

function isOurs({ policy }: Line): boolean {
  return policy.startsWith('least-latency')
}

function median(values: readonly number[]): number {
  return quantile(values, 0.5)
}

function spreadOfMs({ median: middle, low, high }: Spread): string {
  return `${Math.round(middle)} [${Math.round(low)}–${Math.round(high)}]`
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`
}
