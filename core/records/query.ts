/**
 * What may be asked of records: checks a question once, and writes and reads the
 * cursors that lead from page to page. Questions come from outside, so whatever
 * does not fit throws. Pure; knows no SQL.
 */
import type { RecordFilter, RecordQuery, RecordValue } from '../contract/records.ts'
import { GatewayError } from '../errors.ts'
import { dayOfPartition } from './partitions.ts'

/** Where a page ends, and the next one goes on. */
export interface Position {
  /** Of a partition. */
  readonly name: string
  /** Of the last row that was looked at; undefined when none of the partition was. */
  readonly last: { readonly at: number; readonly seq: number } | undefined
}

/** A question with everything that was left out. */
export interface CheckedQuery {
  readonly from: number
  readonly to: number
  readonly where: readonly (readonly [field: string, filter: CheckedFilter])[]
  readonly isNewestFirst: boolean
  readonly limit: number
  readonly position: Position | undefined
  /** Bytes of the one row's name. */
  readonly id: Uint8Array | undefined
  readonly clearOnly: boolean
}

/** What a column is compared with. */
export type CheckedFilter = { readonly values: readonly RecordValue[] } | { readonly from: number; readonly to: number }

const MAX_LIMIT = 1_000
const MAX_VALUES = 100
const MAX_FILTERS = 16
const KEYS: ReadonlySet<string> = new Set(['from', 'to', 'where', 'order', 'limit', 'cursor', 'id', 'clearOnly'])
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
const CURSOR = /^([\d.-]{10,13})(?:\/(\d{1,16})\/(\d{1,16}))?$/

/** @throws GatewayError `TACIT_QUERY_INVALID`. */
export function checkQuery(query: RecordQuery): CheckedQuery {
  const { from = 0, to = Number.MAX_SAFE_INTEGER, where = {}, order = 'newest', limit = 100, cursor } = query
  const unknown = Object.keys(query).find(key => !KEYS.has(key))
  if (unknown !== undefined) throw invalid('it has a key that is none of a query')
  if (typeof where !== 'object' || where === null) throw invalid('`where` is a block of columns')
  if (!isInstant(from) || !isInstant(to)) throw invalid('`from` and `to` are instants in ms')
  if (order !== 'newest' && order !== 'oldest') throw invalid('`order` is `newest` or `oldest`')
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_LIMIT) throw invalid(`\`limit\` is 1 to ${MAX_LIMIT}`)
  if (query.id !== undefined && !UUID.test(query.id)) throw invalid('`id` is a UUID')
  const filters = Object.entries(where).flatMap(([field, filter]) =>
    filter === undefined ? [] : [[field, checkFilter(filter)] as const]
  )
  if (filters.length > MAX_FILTERS) throw invalid(`\`where\` may have ${MAX_FILTERS} columns`)
  return {
    from,
    to,
    where: filters,
    isNewestFirst: order === 'newest',
    limit,
    position: cursor === undefined ? undefined : readCursor(cursor),
    id: query.id === undefined ? undefined : Buffer.from(query.id.replaceAll('-', ''), 'hex'),
    clearOnly: query.clearOnly === true
  }
}

/** Text for the place where a page ended; it tells the day, an instant and a number, and nothing of any row. */
export function writeCursor({ name, last }: Position): string {
  const text = last === undefined ? name : `${name}/${last.at}/${last.seq}`
  return Buffer.from(text).toString('base64url')
}

/** @throws GatewayError `TACIT_QUERY_INVALID`. */
export function readCursor(cursor: string): Position {
  const [, name, at, seq] = CURSOR.exec(Buffer.from(String(cursor), 'base64url').toString('latin1')) ?? []
  if (name === undefined || dayOfPartition(name) === undefined) throw invalid('its cursor is none')
  return { name, last: at === undefined ? undefined : { at: Number(at), seq: Number(seq) } }
}

function checkFilter(filter: RecordFilter): CheckedFilter {
  if (isValue(filter)) return { values: [filter] }
  if (isList(filter)) {
    if (filter.length > MAX_VALUES || !filter.every(isValue)) {
      throw invalid(`a list in \`where\` may have ${MAX_VALUES} values`)
    }
    return { values: filter }
  }
  if (typeof filter !== 'object' || filter === null) throw invalid('`where` compares with a value, a list or a range')
  const { from = -Number.MAX_VALUE, to = Number.MAX_VALUE } = filter
  if (typeof from !== 'number' || typeof to !== 'number' || Number.isNaN(from) || Number.isNaN(to)) {
    throw invalid(`a range in \`where\` is one of numbers`)
  }
  return { from, to }
}

function isList(filter: RecordFilter): filter is readonly RecordValue[] {
  return Array.isArray(filter)
}

function isValue(value: unknown): value is RecordValue {
  return ['string', 'number', 'bigint', 'boolean'].includes(typeof value)
}

function isInstant(value: unknown): boolean {
  return Number.isSafeInteger(value) && Number(value) >= 0
}

/** What is wrong with a question. */
export function invalid(why: string): GatewayError {
  return new GatewayError('TACIT_QUERY_INVALID', `Records cannot be asked for that: ${why}.`)
}
