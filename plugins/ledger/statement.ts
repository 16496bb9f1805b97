/**
 * What a consumer used in a month and owes for it, line by line: made of figures, or of rows, and the same of both. Money
 * is whole nano-units, as text: numbers of JSON would round it. Pure.
 */
import { type Endpoint, NO_CURRENCY, type RecordRow, type RollupFigures, Type } from 'tacit-gateway/plugin'

/** What lines are told apart by, and where it stands in figures and rows. */
export const LINE_FIELDS = ['credential', 'route', 'model', 'priceVersion', 'currency'] as const

/** Integers of a line besides `requests`. */
export const LINE_WHOLES = [
  'unpriced',
  'input',
  'cacheRead',
  'cacheWriteShort',
  'cacheWriteLong',
  'output',
  'images',
  'searches',
  'pages',
  'seconds',
  'characters',
  'otherUnits'
] as const

/** One line: names, counts, and what it comes to. */
export interface Line {
  readonly [name: string]: string | number
}

/** A statement. */
export interface Statement {
  readonly version: 1
  readonly issuer: string
  readonly consumer: string
  readonly month: string
  readonly timeZone: string
  /** RFC 3339. */
  readonly from: string
  readonly to: string
  /** Whether the month was over when it was made. */
  readonly isFinal: boolean
  readonly lines: readonly Line[]
  readonly totals: readonly { readonly currency: string; readonly costNano: string }[]
}

const name = Type.Optional(Type.String())
const nano = Type.String({ pattern: '^-?[0-9]+$', description: 'Whole nano-units (1e-9) of the currency.' })

/** The schema of a signed statement. */
export const SignedStatement: Endpoint['response'] = Type.Object({
  statement: Type.Object({
    version: Type.Literal(1),
    issuer: Type.String(),
    consumer: Type.String(),
    month: Type.String(),
    timeZone: Type.String(),
    from: Type.String(),
    to: Type.String(),
    isFinal: Type.Boolean(),
    lines: Type.Array(
      Type.Object({
        ...Object.fromEntries(LINE_FIELDS.map(field => [field, name])),
        requests: Type.Integer(),
        ...Object.fromEntries(LINE_WHOLES.map(field => [field, Type.Integer()])),
        costNano: nano
      })
    ),
    totals: Type.Array(Type.Object({ currency: Type.String(), costNano: nano }))
  }),
  signature: Type.Object({ algorithm: Type.Literal('Ed25519'), key: Type.String(), value: Type.String() })
})

/** Adds lines up, from figures or from rows. */
export class Lines {
  readonly #lines = new Map<string, { names: Record<string, string>; wholes: Record<string, number>; cost: bigint }>()

  /** Adds a figure. */
  addFigures({ by, rows, sums }: RollupFigures): void {
    this.#add(by, rows, name => sums[name])
  }

  /** Adds a row. */
  addRow({ fields }: RecordRow): void {
    const names: Record<string, string> = {}
    for (const field of LINE_FIELDS) {
      const value = fields[field]
      if (typeof value === 'string') names[field] = value
    }
    this.#add(names, 1, name => (name === 'unpriced' ? Number(fields.missing !== undefined) : fields[name]))
  }

  /** The lines in the order of their names, and what they come to by currency. */
  done(): Pick<Statement, 'lines' | 'totals'> {
    const totals = new Map<string, bigint>()
    const lines = [...this.#lines].sort(([one], [other]) => (one < other ? -1 : 1))
    for (const [, { names, cost }] of lines) {
      const { currency = NO_CURRENCY } = names
      if (currency !== NO_CURRENCY) totals.set(currency, (totals.get(currency) ?? 0n) + cost)
    }
    return {
      lines: lines.map(([, { names, wholes, cost }]) => ({ ...names, ...wholes, costNano: String(cost) })),
      totals: [...totals]
        .sort(([one], [other]) => (one < other ? -1 : 1))
        .map(([currency, cost]) => ({ currency, costNano: String(cost) }))
    }
  }

  #add(by: Readonly<Record<string, string>>, rows: number, figureOf: (name: string) => unknown): void {
    const names: Record<string, string> = {}
    for (const field of LINE_FIELDS) if (by[field] !== undefined) names[field] = by[field]
    const key = JSON.stringify(LINE_FIELDS.map(field => names[field] ?? ''))
    let line = this.#lines.get(key)
    if (line === undefined) {
      line = { names, wholes: { requests: 0 }, cost: 0n }
      this.#lines.set(key, line)
    }
    line.wholes.requests = (line.wholes.requests ?? 0) + rows
    for (const name of LINE_WHOLES) {
      const value = figureOf(name)
      line.wholes[name] = Math.min(
        (line.wholes[name] ?? 0) + (typeof value === 'number' ? value : 0),
        Number.MAX_SAFE_INTEGER
      )
    }
    const cost = figureOf('cost')
    if (typeof cost === 'bigint') line.cost += cost
  }
}

/** Whether the totals of a statement are what its lines add up to. Whoever signed it may have been wrong. */
export function addsUp(statement: unknown): boolean {
  const lines: unknown = Reflect.get(Object(statement), 'lines')
  const totals: unknown = Reflect.get(Object(statement), 'totals')
  if (!Array.isArray(lines) || !Array.isArray(totals)) return false
  const left = new Map<string, bigint>()
  for (const [entries, sign] of [
    [lines, 1n],
    [totals, -1n]
  ] as const) {
    for (const entry of entries) {
      const currency: unknown = Reflect.get(Object(entry), 'currency') ?? NO_CURRENCY
      const cost: unknown = Reflect.get(Object(entry), 'costNano')
      if (typeof currency !== 'string' || typeof cost !== 'string' || !/^-?\d{1,40}$/.test(cost)) return false
      if (currency !== NO_CURRENCY) left.set(currency, (left.get(currency) ?? 0n) + sign * BigInt(cost))
    }
  }
  return [...left.values()].every(rest => rest === 0n)
}
