/** Makes statements of a consumer's month, from figures or from rows that are still kept, and signs them. */
import type { Host, SecretText } from 'tacit-gateway/plugin'
import { readSecretKey, signed } from './signing.ts'
import { LINE_FIELDS, Lines, type Statement } from './statement.ts'
import { monthOf } from './time.ts'

/** What is asked for. */
export interface AskedStatement {
  readonly consumer: string
  /** Such as `2026-11`. */
  readonly month: string
  readonly source: 'rollups' | 'rows'
}

/** Makes statements. */
export type StatementMaker = (asked: AskedStatement) => Promise<ReturnType<typeof signed<Statement>> | undefined>

const PAGE = 1_000

/**
 * What makes statements, as configured; undefined where it is not.
 * @throws Error when the key is none.
 */
export function statementMaker(
  host: Pick<Host, 'clock' | 'query' | 'rollup'>,
  settings: { readonly key: SecretText; readonly issuer: string; readonly timeZone: string } | undefined
): StatementMaker | undefined {
  if (settings === undefined) return undefined
  const { issuer, timeZone } = settings
  const key = readSecretKey(settings.key.reveal())
  if (key === undefined) throw new Error('`statements.key` is no key that `tacit receipt key` has made.')
  return async ({ consumer, month, source }) => {
    const span = monthOf(month, timeZone)
    if (span === undefined) return undefined
    const lines = new Lines()
    if (source === 'rollups') {
      for (const figures of await host.rollup('usage', { ...span, by: LINE_FIELDS, where: { consumer } })) {
        lines.addFigures(figures)
      }
    } else {
      let cursor: string | undefined
      do {
        const page = await host.query('usage', { ...span, where: { consumer }, limit: PAGE, order: 'oldest', cursor })
        for (const row of page.rows) lines.addRow(row)
        cursor = page.cursor
      } while (cursor !== undefined)
    }
    const statement: Statement = {
      version: 1,
      issuer,
      consumer,
      month,
      timeZone,
      from: new Date(span.from).toISOString(),
      to: new Date(span.to).toISOString(),
      isFinal: span.to <= host.clock.now(),
      ...lines.done()
    }
    return signed(statement, key)
  }
}
