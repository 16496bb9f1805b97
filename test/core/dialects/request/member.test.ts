import fc from 'fast-check'
import t from 'tap'
import { topLevelMember } from '../../../../core/dialects/request/member.ts'

const foundIn = (json: string, name = 'x') => {
  const found = topLevelMember(Buffer.from(json), name)
  return found?.kind === 'found' ? Buffer.from(json).toString('utf8', found.start, found.end) : found
}

t.test('finds the value of a top-level member, and none that stands deeper', async t => {
  t.equal(foundIn('{"x":{"a":[1,{"x":2}]},"y":1}'), '{"a":[1,{"x":2}]}')
  t.equal(foundIn(' { "y" : {"x": 1} , "x" : null }'), 'null')
  t.equal(foundIn('{"y":"x","z":["x"],"x":"a,}\\""}'), '"a,}\\""')
  t.match(foundIn('{"y":{"x":1}}'), { kind: 'absent', at: 1, isEmpty: false })
  t.match(foundIn('{"y":"\\"x\\":1"}'), { kind: 'absent' })
})

t.test('tells where a member could be put', async t => {
  t.strictSame(foundIn('{ }'), { kind: 'absent', at: 1, isEmpty: true })
  t.strictSame(foundIn('\n{"a":1}'), { kind: 'absent', at: 2, isEmpty: false })
  t.equal(foundIn('[1]'), undefined)
  t.equal(foundIn(''), undefined)
})

t.test('finds what a parser finds, in any object', async t => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.jsonValue(), fc.nat(4), (others, value, indent) => {
      const json = JSON.stringify({ ...others, x: value }, undefined, indent)
      const found = foundIn(json)
      t.strictSame(typeof found === 'string' ? JSON.parse(found) : found, JSON.parse(JSON.stringify(value)))
    }),
    { seed: 8, numRuns: 200 }
  )
})
