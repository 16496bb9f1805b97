import fc from 'fast-check'
import t from 'tap'
import { added, asCount, firstCount, sumOfCounts, valueAt } from '../../../../core/dialects/usage/counts.ts'

t.test('a count is a whole number that is not negative, and 0 is one', async t => {
  for (const count of [0, 1, 62.0, 2 ** 53 - 1]) t.equal(asCount(count), count)
  t.ok(Object.is(asCount(-0), 0))
  for (const other of [
    -1,
    0.5,
    2 ** 53,
    Number.POSITIVE_INFINITY,
    Number.NaN,
    '7',
    null,
    undefined,
    true,
    [7],
    { value: 7 }
  ]) {
    t.equal(asCount(other), undefined, String(other))
  }
})

t.test('a place leads through objects and lists, and never to what is inherited', async t => {
  const root = JSON.parse('{"a":{"b":[{"c":1}]},"__proto__":{"d":2}}')
  t.equal(valueAt(root, 'a.b.0.c'), 1)
  t.equal(valueAt(root, ''), root)
  t.equal(valueAt(root, '__proto__.d'), 2)
  for (const place of ['d', 'a.x', 'a.b.c', 'constructor', 'a.b.length', 'a.b.0.c.e', 'a.b.1.c']) {
    t.equal(valueAt(root, place), undefined, place)
  }
  t.equal(valueAt('text', 'length'), undefined)
})

t.test('the first place that holds a count is right, a 0 included', async t => {
  t.equal(firstCount({ a: null, b: 0, c: 5 }, ['a', 'b', 'c']), 0)
  t.equal(firstCount({ a: -1, c: 5 }, ['a', 'c']), 5)
  t.equal(firstCount({}, ['a']), undefined)
  t.equal(firstCount({ a: 1 }, undefined), undefined)
})

t.test('a tally adds the entries of its word, in any letters', async t => {
  const tally = { lists: ['x', 'y'], by: 'modality', word: 'audio', counts: ['count'] }
  const entries = [
    { modality: 'AUDIO', count: 3 },
    { modality: 'TEXT', count: 9 },
    null,
    { modality: 'audio', count: 4 }
  ]
  t.equal(firstCount({ y: entries }, tally), 7)
  t.equal(firstCount({ x: [] }, tally), 0)
  t.equal(firstCount({ x: 'no' }, tally), undefined)
})

t.test('sums stay counts, however large their parts are', async t => {
  t.equal(sumOfCounts({ a: 1, b: 2 }, ['a', 'b', 'c']), 3)
  t.equal(sumOfCounts({}, ['a']), undefined)
  t.equal(added(Number.MAX_SAFE_INTEGER, 5), Number.MAX_SAFE_INTEGER)
  t.equal(added(1, undefined), 1)
  fc.assert(fc.property(fc.maxSafeNat(), fc.maxSafeNat(), (one, two) => asCount(added(one, two)) !== undefined))
})
