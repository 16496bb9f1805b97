import t from 'tap'
import { compileKind } from '../../../core/records/kind.ts'
import { readShape, shapeText } from '../../../core/records/shape.ts'
import { USAGE } from './support.ts'

t.test('reads the fields that it has written, in their order', async t => {
  const kind = compileKind('metering', 'usage', USAGE)
  const shape = readShape(shapeText(kind))
  const names = (fields: readonly { readonly name: string }[]) => fields.map(({ name }) => name)
  t.strictSame(names(shape.clear), names(kind.clear))
  t.strictSame(names(shape.sealed), names(kind.sealed))
  t.equal(shape.subject, 'consumer')
  t.match(
    shape.sealed.find(({ name }) => name === 'end'),
    { type: 'word', words: ['complete', 'client_gone'] }
  )
  t.equal(shapeText(kind), shapeText(compileKind('metering', 'usage', USAGE)))
})

t.test('refuses what it has not written', async t => {
  const good = { clear: [], sealed: [] }
  for (const bad of [
    null,
    [],
    { ...good, clear: 1 },
    { ...good, subject: 1 },
    { ...good, sealed: [{ name: 'a"; DROP TABLE rows', type: 'integer' }] },
    { ...good, sealed: [{ name: 'a', type: 'program' }] },
    { ...good, sealed: [{ name: 'a', type: 'word', words: [1] }] },
    { ...good, sealed: [null] }
  ]) {
    t.throws(() => readShape(JSON.stringify(bad)), RangeError, JSON.stringify(bad))
  }
})
