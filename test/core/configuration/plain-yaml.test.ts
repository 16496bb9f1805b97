import { readdirSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import t, { type Test } from 'tap'
import { parseDocument, stringify } from 'yaml'
import { Lines } from '../../../core/configuration/lines.ts'
import type { Path } from '../../../core/configuration/path.ts'
import { readPlain } from '../../../core/configuration/plain-yaml.ts'
import { Tree } from '../../../core/configuration/tree.ts'
import { isFull } from '../../support/full.ts'

const CONFIGURATIONS = ['config/gateway.yaml', ...examples()].map(file => readFileSync(root(file), 'utf8'))

/** Every way that a line of YAML can turn, in few characters, so that chance meets them. */
const ALPHABET = [
  'a',
  'b1',
  '-',
  '- ',
  ':',
  ': ',
  '#',
  ' #',
  ' ',
  '  ',
  '\n',
  '\n  ',
  ',',
  '{',
  '}',
  '[',
  ']',
  '"',
  "'"
]
const RARE = [
  '\\',
  '\\n',
  '|',
  '>',
  '&x ',
  '*x',
  '!',
  '%',
  '?',
  '~',
  'null',
  '1.5',
  '0o7',
  '---',
  '...',
  '服',
  '\n- ',
  'a: '
]

function root(file: string): URL {
  return new URL(`../../../${file}`, import.meta.url)
}

function examples(): readonly string[] {
  const files = readdirSync(root('examples'), { recursive: true, encoding: 'utf8' })
  return files.filter(file => file.endsWith('.yaml') && !file.includes('node_modules')).map(file => `examples/${file}`)
}

/** Values, places and texts as the tree of one parser has them. */
function seen(tree: Tree): object {
  const places: unknown[] = []
  const walk = (value: unknown, path: Path): void => {
    places.push(path, tree.span(path, 'key'), tree.span(path, 'value'))
    if (typeof value !== 'object' || value === null) return
    for (const [key, item] of Object.entries(value)) walk(item, [...path, Array.isArray(value) ? Number(key) : key])
  }
  walk(tree.value, [])
  return { value: tree.value, findings: tree.findings, places, scalars: [...tree.scalars()] }
}

/** @returns whether the plain reader took the text at all. */
function agree(t: Test, text: string): boolean {
  const contents = readPlain(text)
  if (contents === undefined) return false
  const document = parseDocument(text, { version: '1.2', schema: 'core', uniqueKeys: false, prettyErrors: false })
  const faults = [...document.errors, ...document.warnings].map(({ code }) => code)
  const lines = new Lines(text)
  const isSame =
    faults.length === 0 &&
    JSON.stringify(seen(new Tree(contents, lines))) === JSON.stringify(seen(new Tree(document.contents, lines)))
  if (isSame) return true
  t.strictSame(faults, [], JSON.stringify(text))
  t.strictSame(seen(new Tree(contents, lines)), seen(new Tree(document.contents, lines)), JSON.stringify(text))
  return true
}

t.test('reads the configurations of this repository as the full parser does', async t => {
  const read = CONFIGURATIONS.filter(text => agree(t, text))
  t.ok(read.length > CONFIGURATIONS.length / 2, `${read.length} of ${CONFIGURATIONS.length} are plain`)
})

t.test('reads what plain values are written as', async t => {
  for (const text of [
    'a: 1\n',
    '---\na: 1\n',
    '# c\n\na: # d\n  b: x # e\n\n  c:\nd:\n- 1\n- e: 2\n  f: 3\n-   - 4\n    - { g: [5, "6", \'it\'\'s\'], "h":7 }\n',
    'a: [x, y,\n  z, # c\n  { b: 1 } ]\n',
    'a:\n  { b: c d, e: http://f/*?g#h, i: -1, j: .5, k: +.inf, l: 0x1F, m: True, n: ~ }\n',
    'url: http://x:1/a#b\ntext: it\'s "x" [y] {z}, a:b\nquoted: "a\\n\\"b\\"" # c\n429: {}\ntrue: []\n',
    '- a\n- b: 1\n\n  c: 2\n',
    '{"a": 1, "b":[true,null]}\n'
  ]) {
    t.ok(agree(t, text), JSON.stringify(text))
  }
})

t.test('leaves everything else to the full parser', async t => {
  for (const text of [
    '',
    'a',
    '# nothing\n',
    'a: &x 1\nb: *x\n',
    'a: !t 1\n',
    'a: |\n  b\n',
    'a: b\n  c\n',
    'a: "b\n  c"\n',
    'a: "\\x41"\n',
    'a:\tb\n',
    'a: 1\r\n',
    'a: 1\n---\nb: 2\n',
    'a: 1\n...\n',
    '%YAML 1.1\n---\na: 1\n',
    '? a\n: b\n',
    'a: b: c\n',
    'a: 1\n b: 2\n',
    '- a\nb: 1\n',
    'a: {b: 1\n',
    'a: {b: 1,\nc: 2}\n',
    'a: [b: 1]\n',
    'a: {b}\n',
    'a: [1 2, "3" 4]\n',
    'a: [${B}]\n',
    'a: "b" c\n',
    'a: {b: 1}#c\n',
    '-\n- a\n',
    `${'['.repeat(100)}${']'.repeat(100)}\n`
  ]) {
    t.equal(readPlain(text), undefined, JSON.stringify(text))
  }
})

t.test('agrees with the full parser about whatever both can read', async t => {
  const piece = fc.oneof({ weight: 6, arbitrary: fc.constantFrom(...ALPHABET) }, fc.constantFrom(...RARE))
  const anyText = fc.array(piece, { maxLength: 24 }).map(pieces => pieces.join(''))
  const value = fc.letrec<{ value: unknown }>(tie => ({
    value: fc.oneof(
      { maxDepth: 4 },
      fc.oneof(fc.string({ maxLength: 12 }), fc.constantFrom('1', 'null', '- a', 'a: b', '#', ' ', ''), fc.integer()),
      fc.array(tie('value'), { maxLength: 4 }),
      fc.dictionary(fc.string({ minLength: 1, maxLength: 6 }), tie('value'), { maxKeys: 4, noNullPrototype: true })
    )
  })).value
  const written = fc
    .tuple(fc.dictionary(fc.stringMatching(/^[a-z]{1,5}$/), value, { minKeys: 1, noNullPrototype: true }), fc.boolean())
    .map(([tree, isFlow]) => stringify(tree, isFlow ? { collectionStyle: 'flow', lineWidth: 0 } : { lineWidth: 0 }))
  const damaged = fc
    .tuple(fc.constantFrom(...CONFIGURATIONS), fc.nat(), fc.nat({ max: 3 }), piece)
    .map(([text, at, dropped, added]) => {
      const from = at % text.length
      return text.slice(0, from) + added + text.slice(from + dropped)
    })
  for (const [arbitrary, runs] of [
    [anyText, 20_000],
    [written, 1_000],
    [damaged, 400]
  ] as const) {
    let taken = 0
    fc.assert(
      fc.property(arbitrary, text => {
        if (agree(t, text)) taken++
        return t.passing()
      }),
      isFull ? { numRuns: runs * 20 } : { numRuns: runs, seed: 1 }
    )
    t.ok(taken > runs / 100, `${taken} texts were plain`)
  }
})
