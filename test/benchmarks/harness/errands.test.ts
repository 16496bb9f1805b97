import { Type } from '@sinclair/typebox'
import t from 'tap'
import { Children } from '../../../benchmarks/harness/children.ts'
import { errand, Helper } from '../../../benchmarks/harness/errands.ts'

const STREAMS = new URL('../../../benchmarks/load/streams.ts', import.meta.url)

function helper(t: { teardown(work: () => Promise<void>): void }): Helper {
  const children = new Children(undefined)
  t.teardown(() => children.close())
  return new Helper(children, 0, STREAMS)
}

t.test('a job of another form is not done', async t => {
  const double = errand(Type.Object({ value: Type.Number() }), ({ value }) => value * 2)
  t.equal(double({ value: 21 }), 42)
  t.throws(() => double({ value: '21' }), TypeError)
})

t.test('an errand that nobody does fails, and the helper lives on', async t => {
  const asked = helper(t)
  await t.rejects(asked.ask('sing', null, Type.Null()), /"sing" failed: nobody does that errand/)
  t.equal(await asked.ask('begin', null, Type.Null()), null)
})

t.test('an answer of another form is an error', async t => {
  await t.rejects(helper(t).ask('begin', null, Type.Object({ events: Type.Integer() })), /answered in another form/)
})

t.test('a helper that ends fails the errand', async t => {
  const asked = helper(t)
  const answer = asked.ask('open', { port: 1, path: '/', streams: 0 }, Type.Null())
  asked.child.process.kill('SIGKILL')
  await t.rejects(answer, /a helper ended during "open"/)
})
