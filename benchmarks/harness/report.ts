/** Turns results into Markdown. Pure: measures nothing and writes nothing. */
import type { Figure } from './figures.ts'
import type { Plot } from './plot.ts'
import { isUnsteady, type Spread } from './statistics.ts'

/** One table of the report. */
export interface Section {
  readonly title: string
  /** Sentences under the title: how it was measured, what to mind. */
  readonly notes: readonly string[]
  readonly head: readonly string[]
  readonly rows: readonly (readonly string[])[]
  /** Everything that was measured, for whoever wants to compute something else. */
  readonly raw: unknown
  /** Figures that goals may be held against. */
  readonly figures?: readonly Figure[]
  /** Drawn and kept when the report is. */
  readonly plots?: readonly Plot[]
}

/** A number with about three significant digits, and a separator between thousands. */
export function figure(value: number): string {
  if (!Number.isFinite(value)) return '–'
  const size = Math.abs(value)
  if (size >= 100) return Math.round(value).toLocaleString('en')
  if (size >= 10) return value.toFixed(1)
  return value.toFixed(size >= 0.1 || size === 0 ? 2 : 3)
}

/**
 * `median [low–high]`, or, where the rounds disagree too much, that they do.
 * @param isDoubted the figure is of a kind that busy neighbours spoil, and they were busy
 */
export function cell(spread: Spread, isDoubted = false): string {
  if (spread.rounds === 0) return '–'
  const range = `[${figure(spread.low)}–${figure(spread.high)}]`
  if (isDoubted || (spread.rounds > 1 && isUnsteady(spread))) return `too noisy ${range}`
  return spread.rounds === 1 ? figure(spread.median) : `${figure(spread.median)} ${range}`
}

/** Like {@link cell}, for differences: they may be near zero, where a spread relative to the median says nothing. */
export function difference(spread: Spread, isDoubted = false): string {
  const range = `[${figure(spread.low)}–${figure(spread.high)}]`
  return isDoubted ? `too noisy ${range}` : `${figure(spread.median)} ${range}`
}

/** A share as a percentage. */
export function percent(share: number): string {
  return Number.isFinite(share) ? `${figure(share * 100)} %` : '–'
}

/** A section as Markdown. @param withPlots refers to its plots, as files beside the report */
export function markdown(section: Section, withPlots = false): string {
  const rows = [section.head, ...section.rows]
  const widths = section.head.map((_, column) => Math.max(3, ...rows.map(row => row[column]?.length ?? 0)))
  const line = (row: readonly string[]) =>
    `| ${widths.map((width, column) => (row[column] ?? '').padEnd(width)).join(' | ')} |`
  const [head = [], ...body] = rows
  const rule = `|${widths.map(width => '-'.repeat(width + 2)).join('|')}|`
  const plots = withPlots ? (section.plots ?? []).map(({ title, file }) => `![${title}](${file}.svg)\n`) : []
  return [`## ${section.title}`, '', ...section.notes, '', line(head), rule, ...body.map(line), '', ...plots].join('\n')
}
