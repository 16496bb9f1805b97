import { Value } from '@sinclair/typebox/value'
import t from 'tap'
import { NextOn } from '../../../core/contract/next-target.ts'

const schema = NextOn()

t.test('reads outcomes as they are, and statuses as numbers', async t => {
  for (const outcome of ['connect_failed', 'timed_out', 'reset', 'rejected'])
    t.equal(Value.Decode(schema, outcome), outcome)
  t.equal(Value.Decode(schema, '429'), 429)
  t.equal(Value.Decode(schema, '503'), 503)
})

t.test('takes nothing else', async t => {
  for (const other of ['committed', 'cancelled', '200', '399', '600', '5033', ''])
    t.notOk(Value.Check(schema, other), other)
})
