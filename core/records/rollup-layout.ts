/** Judges what a kind wants added up, and says which columns hold it. Pure. */
import type { RecordValue } from '../contract/records.ts'
import type { RecordRollup } from '../contract/rollups.ts'
import type { Field } from './fields.ts'

/** A field that figures are told apart by. */
export interface RollupField {
  readonly name: string
  /** Whether it belongs to the subject, as a credential does: not told of figures of everybody, and erased with it. */
  readonly isOwned: boolean
  /** Whether it holds one of a few words, as a currency does: figures of different ones are never added. */
  readonly isWord: boolean
}

/** A figure. */
export interface RollupSum {
  readonly name: string
  readonly isBig: boolean
}

/** Rows that are counted. */
export interface RollupCount {
  readonly name: string
  readonly field: string
  readonly is: RecordValue | undefined
}

/** What is added up of a kind's rows. Plain data: threads get it. */
export interface RollupLayout {
  /** Without the subject. */
  readonly by: readonly RollupField[]
  /** The field of the subject, if figures are told apart by it. */
  readonly subject: string | undefined
  readonly sums: readonly RollupSum[]
  readonly counts: readonly RollupCount[]
}

const NAME = /^[a-z][A-Za-z0-9]{0,47}$/
const MAX_BY = 8
const MAX_FIGURES = 48
const KEYS: ReadonlySet<string> = new Set(['by', 'sum', 'count'])

/** Reads a kind's `rollup`. @returns a clause that says what is wrong with it, or its layout. */
export function readRollup(
  declared: unknown,
  fields: readonly Field[],
  subject: string | undefined
): RollupLayout | string {
  if (!isRollup(declared)) return 'its rollup must have lists of names `by` and `sum`, and perhaps `count`'
  const { by, sum, count = {} } = declared
  const names = [...by, ...sum, ...Object.keys(count)]
  if (by.length === 0 || by.length > MAX_BY) return `its rollup may be \`by\` 1 to ${MAX_BY} fields`
  if (names.length > MAX_FIGURES + MAX_BY) return `its rollup may have ${MAX_FIGURES} figures`
  if (new Set([...names, 'rows']).size !== names.length + 1) return 'its rollup names something twice'
  const typed = new Map(fields.map(field => [field.name, field]))
  const owner = by.find(name => name === subject)
  const told: RollupField[] = []
  for (const name of by) {
    const field = typed.get(name)
    if (field === undefined || (field.type !== 'name' && field.type !== 'word')) {
      return `its rollup is \`by\` \`${name}\`, which is no field of names or words`
    }
    if (name === owner) continue
    const isOwned = field.type === 'name' && (field.list === 'credential' || field.list === 'consumer')
    told.push({ name, isOwned, isWord: field.type === 'word' })
  }
  const sums: RollupSum[] = []
  for (const name of sum) {
    const field = typed.get(name)
    const isWhole = field?.type === 'integer' && field.minimum >= 0
    if (!isWhole && field?.type !== 'bigint')
      return `its rollup sums \`${name}\`, which is no integer from 0 and no bigint`
    sums.push({ name, isBig: !isWhole })
  }
  const counts: RollupCount[] = []
  for (const [name, { field, is }] of Object.entries(count)) {
    if (!NAME.test(name) || !typed.has(field)) return `its rollup counts \`${name}\` by what is no field`
    counts.push({ name, field, is })
  }
  return { by: told, subject: owner, sums, counts }
}

/** The column of a field that figures are told apart by. */
export function keyColumn({ name }: Pick<RollupField, 'name'>): string {
  return `"k_${name}"`
}

/** The columns of figures, in order: `rows`, then counts, then sums. Large numbers take two: whole 1e9s, and the rest. */
export function figureColumns({ sums, counts }: RollupLayout): readonly string[] {
  return [
    '"n_rows"',
    ...counts.map(({ name }) => `"n_${name}"`),
    ...sums.flatMap(({ name, isBig }) => (isBig ? [`"h_${name}"`, `"l_${name}"`] : [`"n_${name}"`]))
  ]
}

function isRollup(value: unknown): value is RecordRollup {
  if (typeof value !== 'object' || value === null || Object.keys(value).some(key => !KEYS.has(key))) return false
  const isList = (list: unknown) => Array.isArray(list) && list.every(name => typeof name === 'string')
  const count: unknown = Reflect.get(value, 'count') ?? {}
  return (
    isList(Reflect.get(value, 'by')) &&
    isList(Reflect.get(value, 'sum')) &&
    typeof count === 'object' &&
    Object.values(Object(count)).every(rule => typeof Reflect.get(Object(rule), 'field') === 'string')
  )
}
