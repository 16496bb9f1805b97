import t from 'tap'
import { parseDocument } from 'yaml'
import { Lines } from '../../../core/configuration/lines.ts'
import { Tree } from '../../../core/configuration/tree.ts'

const tree = (text: string) =>
  new Tree(parseDocument(text, { uniqueKeys: false, resolveKnownTags: false }).contents, new Lines(text))
const pointed = (text: string, path: readonly (string | number)[], at: 'key' | 'value' = 'value') => {
  const { start, end } = tree(text).span(path, at)
  return text.slice(start, end)
}

t.test('reads values as YAML 1.2 does', async t => {
  t.strictSame(tree('country: NO\nport: 0o17\nratio: 1.5\non: yes\nnull_: ~\nempty:\nlist: [1, "1"]\n').value, {
    country: 'NO',
    port: 15,
    ratio: 1.5,
    on: 'yes',
    null_: null,
    empty: null,
    list: [1, '1']
  })
})

t.test('takes numbers and truths for words when they are keys', async t => {
  t.strictSame(tree('429: a\ntrue: b\n1.10: c\n').value, { '429': 'a', true: 'b', '1.10': 'c' })
})

t.test('points at values, and at the keys of blocks', async t => {
  const text = 'routes:\n  - id: chat\n    match: { path: /v1 }\n    limits:\n      maxBody: 1\n'
  t.equal(pointed(text, ['routes', 0, 'id']), 'chat')
  t.equal(pointed(text, ['routes', 0, 'id'], 'key'), 'id')
  t.equal(pointed(text, ['routes', 0, 'match']), '{ path: /v1 }')
  t.equal(pointed(text, ['routes', 0, 'limits']), 'limits')
  t.equal(pointed(text, ['routes']), 'routes')
  t.equal(pointed(text, ['routes', 0]), 'id')
  t.equal(pointed(text, []), 'routes')
})

t.test('points at the innermost block that is there for what is not', async t => {
  const text = 'listen:\n  host: a\n'
  t.equal(pointed(text, ['listen', 'tls', 'cert']), 'listen')
  t.equal(pointed(text, ['listen', 'host', 0]), 'a')
  t.equal(pointed(text, ['nowhere'], 'key'), 'listen')
})

t.test('knows what is written', async t => {
  const written = tree('listen: { host: a }\n')
  t.strictSame(
    [['listen', 'host'], ['listen', 'port'], [], ['admin']].map(path => written.holds(path)),
    [true, false, true, false]
  )
})

t.test('follows aliases to what they stand for', async t => {
  const text = 'a: &usual { x: 1 }\nb: *usual\n'
  t.strictSame(tree(text).value, { a: { x: 1 }, b: { x: 1 } })
  t.equal(pointed(text, ['b', 'x']), '1')
})

t.test('gives every use of an alias a value of its own', async t => {
  const value: unknown = tree('a: &usual { x: 1 }\nb: *usual\n').value
  t.not(Reflect.get(Object(value), 'a'), Reflect.get(Object(value), 'b'))
})

t.test('refuses keys that could change what objects are', async t => {
  const { value, findings } = tree('__proto__: { polluted: true }\nconstructor: 1\n')
  t.strictSame(
    findings.map(({ code }) => code),
    ['TACIT_YAML_KEY']
  )
  t.strictSame(Object.keys(Object(value)), ['constructor'])
  t.equal(Reflect.get({}, 'polluted'), undefined)
})

t.test('keeps the first of two equal keys and says so', async t => {
  const { value, findings } = tree('a: 1\n"a": 2\n')
  t.strictSame(value, { a: 1 })
  t.strictSame(
    findings.map(({ code, span }) => ({ code, span })),
    [{ code: 'TACIT_YAML_KEY_TWICE', span: { start: 5, end: 8 } }]
  )
})

t.test('refuses keys that are no words', async t => {
  t.strictSame(
    tree('? [a]\n: 1\n? { b: 1 }\n: 2\n').findings.map(({ code }) => code),
    ['TACIT_YAML_KEY', 'TACIT_YAML_KEY']
  )
})

t.test('lists every text with the key it stands under', async t => {
  t.strictSame(
    [...tree('a: x\nb: [y, { c: z }]\nd: 1\n').scalars()].map(({ key, value }) => [key, value]),
    [
      ['a', 'x'],
      ['b', 'y'],
      ['c', 'z']
    ]
  )
})

t.test('follows a hundred aliases, and as many as repeat little', async t => {
  const refused = (text: string) => tree(text).findings.map(({ code }) => code)
  t.strictSame(refused(`a: &a x\nb: [${'*a, '.repeat(99)}*a]\n`), [])
  t.strictSame(refused(`a: &a x\nb: [${'*a, '.repeat(100)}*a]\n`), ['TACIT_YAML_ALIASES'])
  t.strictSame(refused(`a: &a [${'x, '.repeat(6_000)}]\nb: [*a, *a]\n`), [])
  t.strictSame(refused(`a: &a [${'x, '.repeat(6_000)}]\nb: [*a, *a, *a]\n`), ['TACIT_YAML_ALIASES'])
})
