/**
 * Keeps a row of what each exchange used and cost: figures and names that the configuration knows, and nothing else. Tells
 * consumers of their own usage, and operators of everybody's.
 */
import { COST, definePlugin, TOKEN_USAGE } from 'tacit-gateway/plugin'
import { answerUsage } from './answers.ts'
import { COMMANDS } from './commands.ts'
import { ENDPOINT_REASONS, ENDPOINTS } from './endpoints.ts'
import { USAGE } from './kinds.ts'
import { Settings } from './settings.ts'
import { statementMaker } from './statements.ts'
import { reducedRow, usageRow } from './usage-row.ts'

/** Time for somebody to make room, in ms. */
const RETRY_AFTER_MS = 30_000

export default definePlugin({
  contract: 1,
  name: 'ledger',
  summary: 'Keeps a row of what each exchange used and cost, adds rows up, and tells of both.',
  config: Settings,
  reasons: {
    ...ENDPOINT_REASONS,
    ledger_unavailable: {
      status: 503,
      message: 'What is used cannot be written down just now. Try again later.',
      retryable: true
    }
  },
  commands: COMMANDS,
  requiresAtEnd: [TOKEN_USAGE, COST],
  endpoints: ENDPOINTS,
  records: { usage: USAGE },
  data: { reads: ['metadata', 'identity'] },

  setup({ onStoreFailure, statements }, host) {
    const { catalogue, clock } = host
    const reduced = host.metrics.counter('ledger_rows_reduced', 'Rows that were kept without names that nobody knows.')
    const refused = host.metrics.counter('ledger_refused', 'Requests that were refused because no row could be kept.')
    return {
      endpoints: answerUsage(host, statementMaker(host, statements)),
      ...(onStoreFailure === 'deny' && {
        requestFilter() {
          if (!host.rowsAtRisk) return
          refused.add(1)
          return host.refuse('ledger_unavailable', { retryAfterMs: RETRY_AFTER_MS })
        }
      }),

      logging(exchange, facts) {
        // The room that is left is for those that were let in before.
        if (facts.reason === 'ledger_unavailable') return
        const row = usageRow(exchange, facts, catalogue, clock.now())
        try {
          host.record('usage', row)
        } catch (error) {
          // A name has gone since the request came. What was used must not go with it.
          if (!isRefusedRow(error)) throw error
          reduced.add(1)
          host.record('usage', reducedRow(row))
        }
      }
    }
  }
})

function isRefusedRow(error: unknown): boolean {
  return error instanceof Error && Reflect.get(error, 'code') === 'TACIT_ROW_REFUSED'
}
