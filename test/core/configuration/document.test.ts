import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import t from 'tap'
import { stringify } from 'yaml'
import { MAX_DEPTH, MAX_FILE_BYTES, readDocument } from '../../../core/configuration/document.ts'

const codes = (text: string) => readDocument(text).findings.map(({ code }) => code)
const lineOf = (text: string) => {
  const { findings, lines } = readDocument(text)
  return lines.position(findings[0]?.span?.start ?? -1).line
}

t.test('reads one document, with or without its marks', async t => {
  for (const text of [
    'a: 1\n',
    '---\na: 1\n',
    '\ufeffa: 1',
    '%YAML 1.2\n---\na: 1\n...\n',
    '# first\n---\n# then\na: 1\n'
  ]) {
    const { value, findings } = readDocument(text)
    t.strictSame({ value, findings }, { value: { a: 1 }, findings: [] }, JSON.stringify(text))
  }
})

t.test('refuses what is not exactly one document', async t => {
  t.strictSame(codes('a: 1\n---\nb: 2\n'), ['TACIT_YAML_DOCUMENTS'])
  t.equal(lineOf('a: 1\n---\nb: 2\n'), 2)
  for (const text of ['', '\n\n', '# nothing\n', '---\n', 'null\n', '~'])
    t.strictSame(codes(text), ['TACIT_YAML_EMPTY'], text)
})

t.test('refuses characters that no configuration needs', async t => {
  for (const character of [
    '\0',
    '\u0007',
    '\u001b',
    '\u007f',
    '\u0080',
    '\u202e',
    '\u2066',
    '\ufffe',
    '\ud800',
    '\udc00'
  ]) {
    t.strictSame(codes(`a: 1\nb: x${character}y\n`), ['TACIT_YAML_CHARACTER'])
    t.equal(lineOf(`a: 1\nb: x${character}y\n`), 2)
  }
  t.strictSame(codes('a: "tab\there, 😀 and 服"\r\n'), [])
})

t.test('gives the line of what is no YAML', async t => {
  t.equal(lineOf('a: 1\nb:\n\tc: 1\n'), 3)
  t.equal(lineOf('a: 1\nb: [1\nc: 2\n'), 3)
  t.equal(lineOf('a: 1\nb: "open\nc: 2\n'), 2)
  t.equal(lineOf("a: 1\nb: 'open\nc: 2\n"), 2)
  t.equal(lineOf('a: 1\nb: !!binary gIGC\n'), 2)
  t.equal(lineOf('a: 1\nb: !custom x\n'), 2)
  t.equal(lineOf('a: 1\nb: *nowhere\n'), 2)
})

t.test('knows no other version of YAML, in which NO is false', async t => {
  t.strictSame(codes('%YAML 1.1\n---\na: NO\n'), ['TACIT_YAML_SYNTAX'])
  t.strictSame(readDocument('a: NO\nb: 1_000\nc: 12:30:00\nd: 2024-01-01\n').value, {
    a: 'NO',
    b: '1_000',
    c: '12:30:00',
    d: '2024-01-01'
  })
})

t.test('is bounded in depth', async t => {
  const nested = (depth: number) => `a: ${'['.repeat(depth)}${']'.repeat(depth)}`
  t.strictSame(codes(nested(MAX_DEPTH - 5)), [])
  t.strictSame(codes(nested(MAX_DEPTH + 5)), ['TACIT_YAML_DEPTH'])
})

t.test('is bounded in size', async t => {
  t.strictSame(codes(`a: ${'x'.repeat(MAX_FILE_BYTES)}`), ['TACIT_YAML_SIZE'])
  t.strictSame(codes(`a: ${'服'.repeat(MAX_FILE_BYTES / 2)}`), ['TACIT_YAML_SIZE'], 'in bytes, not in characters')
})

t.test('reads a large value within its bounds', async t => {
  const value = 'x'.repeat(MAX_FILE_BYTES - 10)
  t.equal(Reflect.get(Object(readDocument(`a: ${value}`).value), 'a'), value)
})

t.test('is bounded in time and memory, whatever stands in the file', async t => {
  const script = fileURLToPath(new URL('bombs.ts', import.meta.url))
  const { NODE_OPTIONS: _, ...env } = process.env
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--max-old-space-size=768', script], {
    env,
    encoding: 'utf8',
    timeout: 100_000
  })
  t.equal(stderr, '')
  t.equal(status, 0)
  const refusals = stdout.trim().split('\n')
  t.strictSame(refusals, [
    'brackets TACIT_YAML_DEPTH',
    'maps TACIT_YAML_DEPTH',
    'lists TACIT_YAML_DEPTH',
    'laughs TACIT_YAML_ALIASES',
    'merges TACIT_YAML_MERGE',
    'anchors TACIT_YAML_SIZE',
    'documents TACIT_YAML_DOCUMENTS',
    'escapes TACIT_YAML_SYNTAX',
    'closers TACIT_YAML_SYNTAX',
    'blank lines TACIT_YAML_SIZE',
    'equal keys TACIT_YAML_KEY_TWICE'
  ])
})

t.test('reads back what was written, whatever it is', async t => {
  const key = fc.stringMatching(/^[a-z]{1,8}$/)
  const { value } = fc.letrec(tie => ({
    value: fc.oneof(
      { maxDepth: 4 },
      tie('leaf'),
      fc.array(tie('value'), { maxLength: 4 }),
      fc.dictionary(key, tie('value'), { maxKeys: 4 })
    ),
    leaf: fc.oneof(
      fc.stringMatching(/^[ -~]{0,20}$/),
      fc.integer({ min: 1, max: 1e9 }),
      fc.boolean(),
      fc.constant(null)
    )
  }))
  fc.assert(
    fc.property(fc.dictionary(key, value, { minKeys: 1, maxKeys: 4 }), written => {
      const text = stringify(written, { aliasDuplicateObjects: false })
      t.strictSame(JSON.stringify(readDocument(text).value), JSON.stringify(written))
    }),
    { numRuns: 100 }
  )
})

t.test('never throws, whatever is written', async t => {
  const piece = fc.constantFrom(
    'a',
    ':',
    ' ',
    '\n',
    '- ',
    '[',
    ']',
    '{',
    '}',
    '"',
    "'",
    '&a',
    '*a',
    '|',
    '>',
    '#',
    ',',
    '?',
    '!',
    '%',
    '<<',
    '\t',
    '---',
    '1'
  )
  const property = fc.property(fc.array(piece, { maxLength: 40 }), pieces => {
    const { value, findings } = readDocument(pieces.join(''))
    return value !== undefined || findings.length > 0
  })
  t.doesNotThrow(() => fc.assert(property, { numRuns: 2_000 }))
})
