/**
 * Draws figures as SVG: a dot for each median, a line from the lowest to the highest round, the number beside it. Pure.
 * The axis starts at zero, or, where values differ too much to be seen together, grows by powers of ten.
 */
import { figure } from './report.ts'
import type { Spread } from './statistics.ts'

/** One line of a plot. */
export interface Mark {
  readonly label: string
  readonly spread: Spread
  /** Drawn in the colour of what the plot is about. */
  readonly isOurs: boolean
}

/** What a plot shows. */
export interface Plot {
  /** Name of its file, without ending. */
  readonly file: string
  readonly title: string
  /** What the numbers are, with their unit. */
  readonly axis: string
  readonly marks: readonly Mark[]
}

const WIDTH = 860
const LABELS = 300
const NUMBERS = 150
const LINE = 26
const TOP = 56
const BOTTOM = 46
/** Beyond this ratio of the largest value to the smallest, small ones would be dots at zero. */
const LOGARITHMIC_ABOVE = 20
const OURS = '#b4302f'
const OTHERS = '#33608c'

/** A position on the axis, 0 to 1. */
type Scale = (value: number) => number

/** The plot as a whole SVG document. Values that are no numbers are left out. */
export function svg({ title, axis, marks }: Plot): string {
  const shown = marks.filter(({ spread }) => spread.rounds > 0 && Number.isFinite(spread.median) && spread.low >= 0)
  const { scale, ticks } = axisOf(shown.map(({ spread }) => spread))
  const height = TOP + shown.length * LINE + BOTTOM
  const x = (value: number) => round(LABELS + scale(value) * (WIDTH - LABELS - NUMBERS))
  const bottom = height - BOTTOM
  const lines = ticks.map(tick => tickOf(figure(tick), x(tick), bottom))
  const dots = shown.map((mark, index) => markOf(mark, x, TOP + (index + 0.5) * LINE))
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" font-family="sans-serif" font-size="13">`,
    `<title>${escaped(title)}</title>`,
    `<rect width="${WIDTH}" height="${height}" fill="#ffffff"/>`,
    `<text x="16" y="28" font-size="16" font-weight="bold" fill="#222222">${escaped(title)}</text>`,
    ...lines,
    ...dots,
    `<text x="${(LABELS + WIDTH - NUMBERS) / 2}" y="${height - 8}" text-anchor="middle" fill="#555555">${escaped(axis)}</text>`,
    '</svg>',
    ''
  ].join('\n')
}

/** From zero to a round number, or from one power of ten to another. */
function axisOf(spreads: readonly Spread[]): { readonly scale: Scale; readonly ticks: readonly number[] } {
  const high = Math.max(0, ...spreads.map(each => each.high)) || 1
  const lows = spreads.map(each => each.low).filter(low => low > 0)
  const low = Math.min(...lows, high)
  if (lows.length === spreads.length && high / low > LOGARITHMIC_ABOVE) {
    const [from, to] = [Math.floor(Math.log10(low)), Math.ceil(Math.log10(high))]
    const ticks = Array.from({ length: to - from + 1 }, (_, index) => 10 ** (from + index))
    return { scale: value => (Math.log10(value) - from) / (to - from), ticks }
  }
  const step = stepFor(high)
  const steps = Math.max(1, Math.ceil(high / step))
  return {
    scale: value => value / (steps * step),
    ticks: Array.from({ length: steps + 1 }, (_, index) => index * step)
  }
}

/** A round step of which four to ten reach the value. */
function stepFor(high: number): number {
  const power = 10 ** Math.floor(Math.log10(high))
  return [0.2, 0.5, 1].map(part => part * power).find(step => high / step <= 6) ?? power * 2
}

function tickOf(label: string, x: number, bottom: number): string {
  return `<path d="M${x} ${TOP - 8}V${bottom}" stroke="#dddddd"/><text x="${x}" y="${bottom + 18}" text-anchor="middle" fill="#555555">${label}</text>`
}

function markOf({ label, spread, isOurs }: Mark, x: Scale, y: number): string {
  const colour = isOurs ? OURS : OTHERS
  const [low, middle, high] = [x(spread.low), x(spread.median), x(spread.high)]
  return [
    `<text x="${LABELS - 12}" y="${y + 4}" text-anchor="end" fill="#222222">${escaped(label)}</text>`,
    `<path d="M${low} ${y}H${high}" stroke="${colour}" stroke-width="2"/>`,
    `<circle cx="${middle}" cy="${y}" r="5" fill="${colour}"/>`,
    `<text x="${WIDTH - NUMBERS + 16}" y="${y + 4}" fill="#222222">${figure(spread.median)}</text>`
  ].join('')
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}
