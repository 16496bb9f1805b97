/** Figures as they are told: one for each step and each of what they are told apart by, money of all currencies in it. Pure. */
import type { RollupFigures } from 'tacit-gateway/plugin'
import { COUNTS, SUMS } from './kinds.ts'
import { moneyTexts } from './money.ts'

/** What figures can be told apart by, and where it stands in the rollup. */
export const GROUPS = {
  consumer: 'consumer',
  credential: 'credential',
  route: 'route',
  model: 'model',
  price: 'priceVersion'
} as const

/** What figures can be told apart by. */
export type Group = keyof typeof GROUPS

/** Integers of a figure, in the order in which they are told. */
export const WHOLES = [...COUNTS, ...SUMS.filter(name => name !== 'cost')] as const

/** A figure: `from` and `to` of its step, what it belongs to, and what it came to. */
export interface Figure {
  readonly from: string
  readonly to: string
  readonly [name: string]: string | number | readonly string[]
}

/** Figures of one step and one of what they are told apart by, of every currency. */
export interface Summed {
  readonly at: number
  readonly names: readonly (string | undefined)[]
  readonly wholes: Record<string, number>
  readonly amounts: Map<string, bigint>
}

/** Puts figures of all currencies together, in the order of steps and names. */
export function sumUp(found: readonly RollupFigures[], by: readonly Group[]): readonly Summed[] {
  const sums = new Map<string, Summed>()
  for (const { at, by: told, rows, sums: figures } of found) {
    const names = by.map(group => told[GROUPS[group]])
    const key = JSON.stringify([at, ...names.map(name => name ?? null)])
    let sum = sums.get(key)
    if (sum === undefined) {
      sum = { at, names, wholes: {}, amounts: new Map() }
      sums.set(key, sum)
    }
    add(sum.wholes, 'requests', rows)
    for (const name of WHOLES) add(sum.wholes, name, figures[name])
    const { currency } = told
    const { cost } = figures
    if (currency !== undefined && typeof cost === 'bigint') {
      sum.amounts.set(currency, (sum.amounts.get(currency) ?? 0n) + cost)
    }
  }
  return [...sums.values()].sort(inOrder)
}

/** A figure as it is told. @param ends of the steps by their beginnings. */
export function figureOf(
  { at, names, wholes, amounts }: Summed,
  by: readonly Group[],
  ends: ReadonlyMap<number, number>
): Figure {
  const figure: Record<string, string | number | readonly string[]> = {}
  for (const [index, group] of by.entries()) {
    const name = names[index]
    if (name !== undefined) figure[group] = name
  }
  return {
    from: new Date(at).toISOString(),
    to: new Date(ends.get(at) ?? at).toISOString(),
    ...figure,
    ...wholes,
    cost: moneyTexts(amounts)
  }
}

/** By step, then by names; what has no name comes first. */
export function inOrder(one: Pick<Summed, 'at' | 'names'>, other: Pick<Summed, 'at' | 'names'>): number {
  if (one.at !== other.at) return one.at - other.at
  for (const [index, name = ''] of one.names.entries()) {
    const against = other.names[index] ?? ''
    if (name !== against) return name < against ? -1 : 1
  }
  return 0
}

function add(wholes: Record<string, number>, name: string, more: unknown): void {
  wholes[name] = Math.min((wholes[name] ?? 0) + (typeof more === 'number' ? more : 0), Number.MAX_SAFE_INTEGER)
}
