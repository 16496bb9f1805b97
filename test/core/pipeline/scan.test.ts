import { isUtf8 } from 'node:buffer'
import { existsSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import t from 'tap'
import { Refused } from '../../../core/errors.ts'
import { scanTopLevel } from '../../../core/pipeline/scan.ts'

/** What the scanner finds, or `refused`. */
function scan(body: string | Uint8Array, names: readonly string[] = ['model', 'stream']) {
  try {
    return scanTopLevel(Buffer.from(body), names)
  } catch (error) {
    if (error instanceof Refused && error.reason === 'invalid_json') return 'refused'
    throw error
  }
}

function isJson(body: Uint8Array): boolean {
  try {
    JSON.parse(Buffer.from(body).toString('utf8'))
    return isUtf8(body)
  } catch {
    return false
  }
}

t.test('finds scalars at the top level, in the order in which they were asked for', async t => {
  const body = '{"stream":false,"n":1,"messages":[{"model":"inner","stream":true}],"model":"m","x":{"n":2}}'
  t.strictSame(scan(body, ['model', 'n', 'stream', 'missing']), ['m', 1, false, undefined])
})

t.test('has no value for what is absent, null, an object or a list', async t => {
  t.strictSame(scan('{"a":null,"b":{},"c":[1],"d":""}', ['a', 'b', 'c', 'd', 'e']), [
    undefined,
    undefined,
    undefined,
    '',
    undefined
  ])
})

t.test('finds nothing in what is no object', async t => {
  for (const body of ['[{"model":"m"}]', '"model"', '1', 'null', ' true ', '{}', ' { } ']) {
    t.strictSame(scan(body), [undefined, undefined], body)
  }
})

t.test('reads names and values as JSON.parse does', async t => {
  t.strictSame(scan('{"model":"a\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\ud83d\\ude00é😀"}', ['model']), [
    'a"\\/\b\f\n\r\té😀é😀'
  ])
  t.strictSame(scan('{"__proto__":"a","constructor":1,"":2}', ['__proto__', 'constructor', '']), ['a', 1, 2])
  const numbers = '{"a":-0,"b":1e400,"c":-1E+400,"d":1e-400,"e":12345678901234567890,"f":0.1e1}'
  t.strictSame(scan(numbers, ['a', 'b', 'c', 'd', 'e', 'f']), [-0, Infinity, -Infinity, 0, 12345678901234567000, 1])
})

t.test('refuses a wanted name that stands twice, however it is written', async t => {
  for (const body of [
    '{"model":"cheap","model":"dear"}',
    '{"model":"cheap","model":"cheap"}',
    '{"model":null,"model":"dear"}',
    '{"model":"cheap","\\u006dodel":"dear"}',
    '{"model":"cheap","x":[{}],"mode\\u006c":{}}'
  ]) {
    t.equal(scan(body), 'refused', body)
  }
  t.strictSame(scan('{"x":1,"x":2,"model":"m"}'), ['m', undefined], 'nobody asked for the other')
  t.strictSame(scan('{"a":{"model":1,"model":2},"model":"m"}'), ['m', undefined], 'only the top level is meant')
})

t.test('refuses a wanted name in other letters, which some parsers take for it', async t => {
  for (const name of ['Model', 'MODEL', '\\u004dodel', 'ſtream', 'Stream']) {
    t.equal(scan(`{"${name}":"dear","model":"cheap"}`), 'refused', name)
    t.equal(scan(`{"${name}":"dear"}`), 'refused', name)
  }
  t.equal(scan('{"\\u212aey":1}', ['key']), 'refused', 'the Kelvin sign is a K')
  t.strictSame(scan('{"models":1,"mode":2,"m\\u00f6del":3,"model":"m"}'), ['m', undefined])
})

t.test('refuses a wanted name in escapes, which nobody who edits the bytes would find', async t => {
  for (const name of ['\\u006dodel', 'mode\\u006c', 'm\\u006Fdel']) t.equal(scan(`{"${name}":"m"}`), 'refused', name)
  t.strictSame(scan('{"models\\n":1,"\\u0061":2,"model":"m"}'), ['m', undefined], 'nobody asked for the others')
  t.strictSame(scan('{"größe":"l"}', ['größe']), ['l'])
})

t.test('refuses what is not JSON', async t => {
  const bodies = [
    ...['', ' ', '{', '}', '[', ']', '{]', '[}', '{"a"', '{"a":', '{"a":1', '{"a":1,', '{"a":1,}', '{,}', '{"a" 1}'],
    ...['[1,]', '[,1]', '[1 2]', '[1]]', '{}{}', '{} x', 'nul', 'nulll', 'True', 'undefined', 'NaN', 'Infinity'],
    ...['01', '-', '-01', '1.', '.1', '1e', '1e+', '+1', '0x1', '1_000', "'a'", '"', '"\\', '"\\"', '"\\x41"'],
    ...['"\\u00"', '"\\u00g0"', '"\\u', '"a\nb"', '"\t"', '"\0"', '{a:1}', '{1:1}', '{"a":1 /* b */}', '\u00a01'],
    ...['\ufeff{}', '{"a":1}\0', '[1\u2028]', '\f1', '{"a":"b}', '{"a:1}', '{"a":tru}', '[nul]', '{"a":-}']
  ]
  t.strictSame(
    bodies.filter(body => scan(body) !== 'refused'),
    []
  )
})

t.test('refuses bytes that are not UTF-8, wherever they stand', async t => {
  for (const bytes of [
    '{"model":"\xff"}',
    '{"mo\xffdel":1}',
    '{"a":"\xc0\xaf"}',
    '["\xed\xa0\x80"]',
    '{"a":"\xe2\x82"}'
  ]) {
    t.equal(scan(Buffer.from(bytes, 'latin1')), 'refused', bytes)
  }
})

t.test('takes 256 levels of nesting and no more', async t => {
  const nested = (open: string, close: string, depth: number) => open.repeat(depth) + close.repeat(depth)
  t.strictSame(scan(nested('[', ']', 256), ['a']), [undefined])
  t.equal(scan(nested('[', ']', 257)), 'refused')
  t.strictSame(scan(`${'{"a":'.repeat(255)}{}${'}'.repeat(255)}`, ['a']), [undefined])
  t.equal(scan(`${'{"a":'.repeat(256)}{}${'}'.repeat(256)}`), 'refused')
  t.equal(scan('['.repeat(1_000_000)), 'refused')
  t.equal(scan('{"a":'.repeat(1_000_000)), 'refused')
})

t.test('accepts what JSON.parse accepts, and reads the same', async t => {
  const json = fc.json({ depthSize: 'medium', maxDepth: 8 })
  fc.assert(
    fc.property(json, fc.array(fc.string(), { maxLength: 4 }), (body, names) => {
      const parsed: unknown = JSON.parse(body)
      const members = typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed) ? parsed : {}
      const known = new Map<string, unknown>(Object.entries(members))
      const wanted = [...names, ...known.keys()].filter((name, index, all) => all.indexOf(name) === index)
      const isTwin = (name: string) =>
        wanted.some(other => other !== name && other.toUpperCase().toLowerCase() === name.toUpperCase().toLowerCase())
      if ([...known.keys()].some(isTwin)) return
      const expected = wanted.map(name => {
        const value = known.get(name)
        return typeof value === 'object' || value === undefined ? undefined : value
      })
      t.strictSame(scan(body, wanted), expected)
    }),
    { numRuns: 300 }
  )
})

t.test('agrees with JSON.parse on what is nearly JSON', async () => {
  const tokens = ['{', '}', '[', ']', ',', ':', '"', '\\', 'u', '0', '1', '-', '.', 'e', 'E', '+', 'true', 'null', ' ']
  const pieces = fc.constantFrom(...tokens, '\n', '"a"', '""', '\\u0041', '\\ud800', '\x1f', '\x7f', 'é', '\xff')
  const near = fc.array(pieces, { maxLength: 14 }).map(parts => Buffer.from(parts.join(''), 'latin1'))
  const damaged = fc
    .tuple(fc.json({ maxDepth: 4 }), fc.nat(), fc.integer({ min: 0, max: 255 }), fc.boolean())
    .map(([body, at, byte, drop]) => {
      const bytes = [...Buffer.from(body)]
      bytes.splice(at % (bytes.length + 1), drop ? 1 : 0, ...(drop ? [] : [byte]))
      return Buffer.from(bytes)
    })
  fc.assert(
    fc.property(fc.oneof(near, damaged), body => (scan(body, []) !== 'refused') === isJson(body)),
    { numRuns: 5_000 }
  )
})

const RECORDED = new URL('../../../../shared/data/wire/attacks/dev.jsonl', import.meta.url)
const skip = existsSync(RECORDED) ? false : 'the recorded cases are not on this machine'

t.test('sees what ends or breaks a string at every place of a long one, wherever it lies in memory', async t => {
  const specials = ['"', '\\', '\u0000', '\u001f', '\n', '\\"', '\\q', 'ä', '中', '\u007f']
  const wrong: string[] = []
  for (const special of specials) {
    for (let at = 0; at < 48; at++) {
      const text = `{"model":"${'x'.repeat(at)}${special}${'y'.repeat(47 - at)}"}`
      for (let offset = 0; offset < 4; offset++) {
        const memory = Buffer.alloc(offset + Buffer.byteLength(text) + 7, '"')
        memory.write(text, offset)
        const body = memory.subarray(offset, offset + Buffer.byteLength(text))
        const read = outcome(() => scanTopLevel(body, ['model'])[0])
        const parsed = outcome(() => JSON.parse(text).model)
        if (read !== parsed) wrong.push(`${JSON.stringify(special)} at ${at}, offset ${offset}`)
      }
    }
  }
  t.strictSame(wrong, [])
})

/** What comes of reading; undefined for a body that is none. */
function outcome(read: () => unknown): unknown {
  try {
    return read()
  } catch {
    return undefined
  }
}

t.test('judges the recorded cases as they are labelled', { skip }, async t => {
  const lines: unknown[] = readFileSync(RECORDED, 'utf8')
    .trim()
    .split('\n')
    .map(line => JSON.parse(line))
  let judged = 0
  for (const line of lines) {
    const { id, kind, expected, raw_base64: raw, ...rest } = Object(line)
    if (kind !== 'json-body' || rest.class !== 'json' || typeof raw !== 'string') continue
    const body = Buffer.from(raw, 'base64')
    const isRefused = scan(body, ['a']) === 'refused'
    if (expected === 'reject') t.ok(isRefused, id)
    // A duplicate of a name that is asked for is refused on purpose, so nobody asks.
    if (expected === 'parse') t.not(scan(body, []), 'refused', id)
    judged++
  }
  t.ok(judged >= 150, `${judged} cases`)
})

t.test('takes time in proportion to the body', async t => {
  const length = 1 << 20
  for (const [name, body] of [
    ['one long string', JSON.stringify({ a: 'x'.repeat(4 * length) })],
    ['one string of escapes', JSON.stringify({ a: '\\"'.repeat(length) })],
    ['a long name', JSON.stringify({ ['x'.repeat(4 * length)]: 1 })],
    ['many names', `{${Array.from({ length: 300_000 }, (_, index) => `"${index}":0`).join(',')},"model":1}`],
    [
      'many names of the same length',
      `{${Array.from({ length: 300_000 }, (_, i) => `"${10_000 + (i % 89_999)}":0`).join(',')}}`
    ],
    ['many lists', `[${'[],'.repeat(length)}0]`],
    ['white space', `${' '.repeat(4 * length)}1`],
    ['a long number', `1${'0'.repeat(4 * length)}`]
  ] as const) {
    const bytes = Buffer.from(body)
    const startedMs = performance.now()
    scanTopLevel(bytes, ['model', 'a name'])
    const ms = performance.now() - startedMs
    t.ok(ms < 5_000, `${name}: ${bytes.length} bytes in ${ms.toFixed(0)} ms`)
  }
})
