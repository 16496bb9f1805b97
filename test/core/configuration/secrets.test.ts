import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { referencesIn, substitute } from '../../../core/configuration/secrets.ts'

const environment = { NAME: 'value', OTHER: '${NAME}', EMPTY: '' }
const put = async (value: unknown) => {
  const result = await substitute(value, { file: '/etc/tacit/gateway.yaml', environment })
  return { value: result.value, codes: result.findings.map(({ code, path }) => ({ code, path })), of: result }
}

t.test('puts values from the environment into every text', async t => {
  const { value, codes } = await put({ a: '${NAME}', list: ['x-${NAME}-${NAME}', 1, null], untouched: '$NAME {NAME}' })
  t.strictSame(
    { value, codes },
    {
      value: { a: 'value', list: ['x-value-value', 1, null], untouched: '$NAME {NAME}' },
      codes: []
    }
  )
})

t.test('takes the default where a variable is not set or empty', async t => {
  const { value } = await put(['${MISSING:-a b}', '${EMPTY:-x}', '${MISSING:-}', '${NAME:-x}', '${MISSING:-:-y}'])
  t.strictSame(value, ['a b', 'x', '', 'value', ':-y'])
})

t.test('reads nothing into what came from outside', async t => {
  t.strictSame((await put('${OTHER}')).value, '${NAME}')
})

t.test('leaves a reference alone that is escaped', async t => {
  const { value, of } = await put(['$${NAME}', 'a$${b', '$$${NAME}'])
  t.strictSame(value, ['${NAME}', 'a${b', '$${NAME}'])
  t.equal(of.substitutions.at([0]), undefined)
})

t.test('reports what is missing, empty or malformed, at its place', async t => {
  const { codes } = await put({ a: '${MISSING}', b: ['${EMPTY}'], c: '${A:-${B}}', d: '${', e: '${}', f: '${file:}' })
  t.strictSame(codes, [
    { code: 'TACIT_SECRET_MISSING', path: ['a'] },
    { code: 'TACIT_SECRET_MISSING', path: ['b', 0] },
    { code: 'TACIT_SECRET_SYNTAX', path: ['c'] },
    { code: 'TACIT_SECRET_SYNTAX', path: ['d'] },
    { code: 'TACIT_SECRET_SYNTAX', path: ['e'] },
    { code: 'TACIT_SECRET_SYNTAX', path: ['f'] }
  ])
})

t.test('knows no variable that objects inherit', async t => {
  t.strictSame((await put('${constructor}')).codes, [{ code: 'TACIT_SECRET_MISSING', path: [] }])
})

t.test('remembers what was written, and whether it was the whole text', async t => {
  const { of } = await put({ a: '${NAME}', b: 'x${NAME}' })
  t.strictSame(of.substitutions.at(['a']), { source: '${NAME}', value: 'value', isWhole: true })
  t.strictSame(of.substitutions.at(['a', 0])?.source, '${NAME}', 'a single value that was made a list')
  t.strictSame(of.substitutions.at(['b'])?.isWhole, false)
  t.equal(of.substitutions.at(['c']), undefined)
})

t.test('reads files from the folder of the configuration, without the line break at their end', async t => {
  const folder = await mkdtemp(join(tmpdir(), 'tacit-secrets-'))
  t.teardown(() => rm(folder, { recursive: true }))
  await writeFile(join(folder, 'key'), 'line one\nline two\r\n')
  await writeFile(join(folder, 'binary'), Buffer.from([0xff, 0xfe, 0x00]))
  await writeFile(join(folder, 'large'), 'x'.repeat(300_000))
  const { value, findings } = await substitute(
    ['${file:key}', '${file:./key}', '${file:missing}', '${file:.}', '${file:binary}', '${file:large}'],
    { file: join(folder, 'gateway.yaml'), environment: {} }
  )
  t.strictSame(value, ['line one\nline two', 'line one\nline two', '', '', '', ''])
  t.strictSame(
    findings.map(({ message }) => message),
    [
      'The file "missing" does not exist.',
      'The file "." is a folder.',
      'The file "binary" is no text of at most 256 KiB.',
      'The file "large" is no text of at most 256 KiB.'
    ]
  )
})

t.test('reads a file once, however often it is named', async t => {
  const read: string[] = []
  await substitute(['${file:key}', '${file:key}', '${file:/etc/tacit/key}'], {
    file: '/etc/tacit/gateway.yaml',
    environment: {},
    readSecretFile(path) {
      read.push(path)
      return 'x'
    }
  })
  t.strictSame(read, ['/etc/tacit/key'])
})

t.test('takes a text apart and puts it together again', async t => {
  t.strictSame(referencesIn('a${B}c${D:-e}${file:f}'), [
    { kind: 'text', text: 'a' },
    { kind: 'variable', name: 'B', fallback: undefined },
    { kind: 'text', text: 'c' },
    { kind: 'variable', name: 'D', fallback: 'e' },
    { kind: 'file', path: 'f' }
  ])
})
