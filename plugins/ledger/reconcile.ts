/** Holds an invoice beside what the gateway has counted, model by model. Integers alone: a tolerance never rounds. Pure. */
import { nanoOf } from './money.ts'

/** What one side says of one model. */
export interface Side {
  readonly requests?: bigint
  readonly input?: bigint
  readonly output?: bigint
  readonly costNano?: bigint
}

/** A figure that both sides may have. */
export type Compared = 'requests' | 'input' | 'output' | 'costNano'

/** Figures, in the order of the table. */
export const COMPARED: readonly Compared[] = ['requests', 'input', 'output', 'costNano']

/** Which column of an invoice holds what; those that are not given are not compared. */
export interface Mapping {
  readonly model: string
  readonly requests?: string | undefined
  readonly input?: string | undefined
  readonly output?: string | undefined
  readonly cost?: string | undefined
}

/** One figure of one model, on both sides. */
export interface Comparison {
  readonly model: string
  readonly figure: Compared
  readonly ours: bigint
  readonly theirs: bigint
  readonly isWithin: boolean
}

/** How far apart is no difference: either bound is enough. */
export interface Tolerance {
  /** In millionths of the invoice’s figure. */
  readonly millionths: bigint
  /** Money in nano-units; of counts, as many whole ones as of money. */
  readonly nano: bigint
}

/** `0.5%` in millionths; undefined for what is none, or is finer. */
export function millionthsOf(text: string): bigint | undefined {
  const [, amount] = /^(\d{1,3}(?:\.\d{1,4})?)%$/.exec(text) ?? []
  const nano = amount === undefined ? undefined : nanoOf(amount)
  return nano === undefined ? undefined : nano / 100_000n
}

/** Adds the lines of an invoice up by model. @throws Error with a sentence for people. */
export function readInvoice(
  rows: readonly Readonly<Record<string, string>>[],
  mapping: Mapping,
  aliases: ReadonlyMap<string, string>
): ReadonlyMap<string, Side> {
  const { model: modelColumn, ...columns } = mapping
  const figures = (
    [
      ['requests', columns.requests],
      ['input', columns.input],
      ['output', columns.output],
      ['costNano', columns.cost]
    ] as const
  ).flatMap(([figure, column]) => (column === undefined ? [] : [{ figure, column }]))
  const wanted = [modelColumn, ...figures.map(({ column }) => column)]
  const [first] = rows
  const missing = first === undefined ? undefined : wanted.find(column => !Object.hasOwn(first, column))
  if (missing !== undefined)
    throw new Error(`The invoice has no column "${missing}". It has: ${Object.keys(first ?? {}).join(', ')}.`)
  const sides = new Map<string, Record<string, bigint>>()
  for (const [index, row] of rows.entries()) {
    const named = (row[modelColumn] ?? '').trim()
    const model = aliases.get(named) ?? named
    const side = sides.get(model) ?? {}
    sides.set(model, side)
    for (const { figure, column } of figures) {
      const text = (row[column] ?? '').trim().replace(/^\$/, '')
      const value = figure === 'costNano' ? nanoOf(text) : /^\d{1,30}$/.test(text) ? BigInt(text) : undefined
      if (value === undefined)
        throw new Error(`Line ${index + 2} of the invoice has no plain number under "${column}".`)
      side[figure] = (side[figure] ?? 0n) + value
    }
  }
  return sides
}

/** Compares model by model, in the order of their names: every figure that the invoice has. */
export function compare(
  ours: ReadonlyMap<string, Side>,
  theirs: ReadonlyMap<string, Side>,
  figures: readonly Compared[],
  { millionths, nano }: Tolerance
): readonly Comparison[] {
  const models = [...new Set([...ours.keys(), ...theirs.keys()])].sort()
  return models.flatMap(model =>
    figures.map(figure => {
      const own = ours.get(model)?.[figure] ?? 0n
      const other = theirs.get(model)?.[figure] ?? 0n
      const apart = own > other ? own - other : other - own
      const whole = figure === 'costNano' ? nano : nano / 1_000_000_000n
      const isWithin = apart <= whole || apart * 1_000_000n <= (other < 0n ? -other : other) * millionths
      return { model, figure, ours: own, theirs: other, isWithin }
    })
  )
}
