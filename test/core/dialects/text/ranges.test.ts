import fc from 'fast-check'
import t from 'tap'
import { rangesOf, type TextEdit, visitFreeText, visitTextOf, withEdits } from '../../../../core/dialects/index.ts'
import { hasCorpus, readCorpus } from '../../../support/corpus.ts'
import { recordedBodies, recordedFormat } from '../../../support/recorded-bodies.ts'

t.test('replaces a string and leaves every other byte as it was', async t => {
  const json = '{ "a":1.0e2,"b" : ["x\\"y", {"ü":"\\u00e9"}] ,"c":12345678901234567890}'
  const edits = [
    { path: ['b', 0], text: 'new "text"\n' },
    { path: ['b', 1, 'ü'], text: '' },
    { path: ['a'], isName: true, text: 'A' }
  ]
  t.equal(withEdits(json, edits), '{ "A":1.0e2,"b" : ["new \\"text\\"\\n", {"ü":""}] ,"c":12345678901234567890}')
})

t.test('tells ranges of bytes, not of characters, in ascending order', async t => {
  const bytes = Buffer.from('{"ä":"ö","b":"c"}')
  t.strictSame(
    rangesOf(bytes, [
      { path: ['b'], text: 'x' },
      { path: ['ä'], text: 'y' }
    ]),
    [
      { start: 6, end: 10, text: '"y"' },
      { start: 15, end: 18, text: '"x"' }
    ]
  )
})

t.test('makes no edits where an object has a name twice, however it is spelled', async t => {
  for (const json of [
    '{"content":"secret","content":"fine"}',
    '{"a":[{"b":1,"\\u0062":2}]}',
    '{"__proto__":1,"__proto__":2}',
    '{"a":{},"b":{"c":1,"d":{"c":2},"c":3}}'
  ]) {
    t.equal(rangesOf(Buffer.from(json), []), undefined, json)
  }
  for (const json of [
    '{"a":{"a":{"a":1}}}',
    '[{"a":1},{"a":2}]',
    '{"a":"a","b":"a"}',
    '"a"',
    '{}',
    '[]',
    '{"A":1,"a":2}'
  ]) {
    t.strictSame(rangesOf(Buffer.from(json), []), [], json)
  }
})

t.test('makes no edits of what is not there, is no string, or is not UTF-8', async t => {
  const bytes = Buffer.from('{"a":{"b":"c"},"d":[1]}')
  for (const path of [['x'], ['a'], ['d', 0], ['d', 1], ['a', 'b', 'c'], ['a', 0]]) {
    t.equal(rangesOf(bytes, [{ path, text: 'x' }]), undefined, path.join('.'))
  }
  t.equal(rangesOf(Buffer.of(0x22, 0xff, 0x22), []), undefined)
})

t.test('overflows no stack and reads each byte once', async t => {
  const deep = Buffer.from(`${'[{"a":'.repeat(200_000)}"x"${'}]'.repeat(200_000)}`)
  t.strictSame(rangesOf(deep, []), [])
  t.strictSame(rangesOf(Buffer.from(`["${'\\\\'.repeat(500_000)}"]`), []), [])
  t.ok(rangesOf(Buffer.from('["never closed'), []))
})

t.test('edits of all strings of any value are what an edit of the parsed value would be', async () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.constantFrom(undefined, 2), fc.string(), (value, indent, text) => {
      const json = JSON.stringify(value, null, indent)
      const edits: TextEdit[] = []
      visitFreeText(JSON.parse(json), place => {
        if (!place.isName) edits.push({ path: place.path(), text: text + place.value })
      })
      const expected = JSON.stringify(value, (_name, inner: unknown) =>
        typeof inner === 'string' ? text + inner : inner
      )
      const edited = withEdits(json, edits)
      if (edited === undefined || JSON.stringify(JSON.parse(edited)) !== expected)
        throw new Error(`${json} became ${edited}`)
    }),
    { numRuns: 300 }
  )
})

t.test(
  'finds every text of every recorded request again',
  { skip: hasCorpus ? false : 'the recorded exchanges are not on this machine' },
  async t => {
    let edited = 0
    for (const recording of await readCorpus()) {
      const { requestBody } = recording
      const request = recordedBodies(recording).bodies.find(({ direction }) => direction === 'request')
      if (request === undefined || requestBody === undefined) continue
      const edits: TextEdit[] = []
      visitTextOf(recordedFormat(recording), 'request', request.value, place => {
        if (place.kind === 'text' && !place.isName) edits.push({ path: place.path(), text: place.value })
      })
      const ranges = rangesOf(requestBody, edits)
      edited += edits.length
      const same = ranges?.every(
        ({ start, end, text }) => JSON.parse(requestBody.toString('utf8', start, end)) === JSON.parse(text)
      )
      t.ok(same, recording.id)
    }
    t.comment(`${edited} texts`)
    t.ok(edited > 1000)
  }
)
