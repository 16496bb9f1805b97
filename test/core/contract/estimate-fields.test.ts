import { Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import t from 'tap'
import { ESTIMATE_FIELDS } from '../../../core/contract/estimate-fields.ts'

const Estimate = Type.Object(ESTIMATE_FIELDS)

t.test('an estimate that nobody sets is rarely too small', async t => {
  t.strictSame(Value.Create(Estimate), { bytesPerToken: 3, imageTokens: 1_600, outputTokens: 4_096 })
})

t.test('a rule that would hold nothing, or not a number of tokens, is refused', async t => {
  const good = Value.Create(Estimate)
  for (const wrong of [{ bytesPerToken: 0.5 }, { bytesPerToken: 17 }, { imageTokens: -1 }, { outputTokens: 1.5 }]) {
    t.notOk(Value.Check(Estimate, { ...good, ...wrong }), JSON.stringify(wrong))
  }
})
