import t from 'tap'
import { readUsage } from '../../../../core/dialects/usage/reader.ts'

const USAGE = {
  billed_units: { input_tokens: 62, output_tokens: 28 },
  tokens: { input_tokens: 968, output_tokens: 83 },
  cached_tokens: 448
}

t.test('makes the account of what went through the model, and keeps what is billed beside it', async t => {
  const account = {
    usage: { inputTokens: 520, cacheReadTokens: 448, outputTokens: 83, units: {} },
    billed: { inputTokens: 62, outputTokens: 28 }
  }
  t.match(readUsage('cohere', { usage: USAGE }), account)
  t.match(readUsage('cohere', { type: 'message-end', delta: { usage: USAGE } }), account)
  t.match(readUsage('cohere', { event_type: 'stream-end', response: { meta: USAGE } }), account)
})

t.test('reads what is billed where nothing else is told', async t => {
  t.match(readUsage('cohere', { meta: { billed_units: { input_tokens: 7 } } }), {
    hasInput: true,
    hasOutput: false,
    usage: { inputTokens: 7 }
  })
  t.match(readUsage('cohere', { meta: { billed_units: { search_units: 1 } } })?.usage, { units: { searchUnits: 1 } })
})
