import t from 'tap'
import { NO_TOKENS } from '../../../../core/dialects/usage/no-tokens.ts'

t.test('nobody can add to what stands for nothing', async t => {
  const parts = [NO_TOKENS, NO_TOKENS.cacheWriteTokens, NO_TOKENS.audioTokens, NO_TOKENS.units]
  t.ok(parts.every(Object.isFrozen))
  t.strictSame(JSON.stringify(NO_TOKENS).match(/[1-9]/), null)
})
