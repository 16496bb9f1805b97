/**
 * Writes the list that an endpoint answers with as CSV (RFC 4180) or as lines of JSON, for those who accept that, and
 * says in a link where the next page is (RFC 8288). Pure.
 */
import type { Endpoint } from '../plugin.ts'

/** How an answer is written. */
export interface Written {
  readonly type: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** Media types of lists, besides JSON. */
export const TABLE_TYPES = ['text/csv', 'application/x-ndjson'] as const

const JSON_TYPE = 'application/json'
const TYPES = [JSON_TYPE, ...TABLE_TYPES] as const
/** What a spreadsheet would take for a formula. */
const FORMULA = /^[=+\-@\t\r]/

/** The media type that fits an `accept` best (RFC 9110, 12.5.1); JSON where nothing fits, or several do as well. */
export function wantedType(accept: string | undefined): (typeof TYPES)[number] {
  if (accept === undefined || accept.length > 1_000) return JSON_TYPE
  const ranges = accept.split(',').map(range => {
    const [type = '', ...parameters] = range.split(';').map(part => part.trim().toLowerCase())
    const quality = parameters.find(parameter => parameter.startsWith('q='))?.slice(2)
    const q = quality === undefined ? 1 : /^(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/.test(quality) ? Number(quality) : 0
    return { type, q }
  })
  const qualityOf = (type: string) =>
    [type, `${type.split('/')[0]}/*`, '*/*']
      .map(name => ranges.find(range => range.type === name)?.q)
      .find(q => q !== undefined) ?? 0
  let best: (typeof TYPES)[number] = JSON_TYPE
  for (const type of TYPES) if (qualityOf(type) > qualityOf(best)) best = type
  return best
}

/**
 * An answer as it is wanted.
 * @param json the whole answer, checked. @param query that was asked with, without `?`.
 */
export function writeAnswer(endpoint: Endpoint, json: string, accept: string | undefined, query: string): Written {
  const { table, response } = endpoint
  const type = table === undefined ? JSON_TYPE : wantedType(accept)
  if (table === undefined || type === JSON_TYPE) return { type: JSON_TYPE, headers: {}, body: json }
  const answer: unknown = JSON.parse(json)
  const list = memberOf(answer, table.rows)
  const rows: readonly unknown[] = Array.isArray(list) ? list : []
  const next = table.next === undefined ? undefined : memberOf(answer, table.next)
  const headers: Written['headers'] =
    typeof next === 'string' ? { link: `<?${nextQuery(query, next)}>; rel="next"` } : {}
  if (type === 'application/x-ndjson') {
    return { type, headers, body: rows.map(row => `${JSON.stringify(row)}\n`).join('') }
  }
  const columns = Object.keys(response.properties[table.rows]?.items?.properties ?? {})
  const lines = [columns, ...rows.map(row => columns.map(column => cellOf(memberOf(row, column))))]
  return {
    type: 'text/csv; charset=utf-8; header=present',
    headers,
    body: lines.map(cells => `${cells.map(quoted).join(',')}\r\n`).join('')
  }
}

/** Lists stand in one cell. A text that a spreadsheet would reckon with is marked as one. */
function cellOf(value: unknown): string {
  if (value === undefined || value === null) return ''
  const text = Array.isArray(value) ? value.map(String).join('; ') : String(value)
  return typeof value !== 'number' && FORMULA.test(text) ? `'${text}` : text
}

function quoted(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

function nextQuery(query: string, cursor: string): string {
  const others = query.split('&').filter(pair => pair !== '' && !/^cursor(?:=|$)/.test(pair))
  // Nothing of a query may end the link.
  const safe = others.map(pair => pair.replaceAll(/[^A-Za-z0-9%=._~+:-]/g, encodeURIComponent))
  return [...safe, `cursor=${encodeURIComponent(cursor)}`].join('&')
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Object.getOwnPropertyDescriptor(value, name)?.value : undefined
}
