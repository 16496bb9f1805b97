/** Keeps a row of what each exchange used and cost: figures and names that the configuration knows, and nothing else. */
import { COST, definePlugin, TOKEN_USAGE, Type } from 'tacit-gateway/plugin'
import { USAGE } from './kinds.ts'
import { reducedRow, usageRow } from './usage-row.ts'

export default definePlugin({
  contract: 1,
  name: 'ledger',
  summary: 'Keeps a row of what each exchange used and cost.',
  config: Type.Object({}),
  requiresAtEnd: [TOKEN_USAGE, COST],
  records: { usage: USAGE },
  data: { reads: ['metadata', 'identity'] },

  setup(_config, host) {
    const { catalogue, clock } = host
    const reduced = host.metrics.counter('ledger_rows_reduced', 'Rows that were kept without names that nobody knows.')
    return {
      logging(exchange, facts) {
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
