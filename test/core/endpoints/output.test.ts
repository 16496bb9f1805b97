import t from 'tap'
import { writeOutput } from '../../../core/endpoints/output.ts'
import { Type } from '../../../core/plugin.ts'

const schema = Type.Object({
  id: Type.String(),
  count: Type.Optional(Type.Integer()),
  inner: Type.Optional(Type.Array(Type.Object({ word: Type.String({ enum: ['a', 'b'] }) })))
})

t.test('writes what is declared', async t => {
  t.equal(
    writeOutput(schema, { id: 'x', count: undefined, inner: [{ word: 'a' }] }),
    '{"id":"x","inner":[{"word":"a"}]}'
  )
})

t.test('lets nothing out that is not declared', async t => {
  const cyclic: Record<string, unknown> = { id: 'x' }
  cyclic.count = cyclic
  const values: readonly unknown[] = [
    undefined,
    null,
    'x',
    [],
    {},
    { id: 1 },
    { id: 'x', secret: 'canary' },
    { id: 'x', count: 1.5 },
    { id: 'x', inner: [{ word: 'a', secret: 'canary' }] },
    { id: 'x', inner: [{ word: 'c' }] },
    { id: 'x', toJSON: () => ({ id: 'x', secret: 'canary' }) },
    new (class {
      id = 'x'
      toJSON() {
        return { id: 'x', secret: 'canary' }
      }
    })(),
    { id: 'x', count: 1n },
    cyclic,
    () => {}
  ]
  for (const value of values) {
    t.throws(() => writeOutput(schema, value), { code: 'TACIT_ENDPOINT_ANSWER', message: /^[^{]*$/ })
  }
})
