import t from 'tap'
import { readDocument } from '../../../core/configuration/document.ts'
import { Merged } from '../../../core/configuration/merged.ts'

/** Files by name, the first of them the main one. */
function merged(files: Readonly<Record<string, string>>) {
  const sources = Object.entries(files).map(([name, text]) => ({ name, document: readDocument(text), findings: [] }))
  const whole = new Merged(sources)
  const codes = whole.files.flatMap(({ name, findings }) => findings.map(({ code }) => `${name} ${code}`))
  return { whole, codes }
}

t.test('joins lists in the order of the files, and takes the rest from whoever says it', async t => {
  const { whole, codes } = merged({
    'main.yaml': 'version: 1\nroutes: [{ id: a }]\n',
    'one.yaml': 'version: 1\nroutes: [{ id: b }, { id: c }]\nlog: { level: warn }\n',
    'two.yaml': 'consumers: [{ id: d }]\nroutes: [{ id: e }]\n'
  })
  t.strictSame(codes, [])
  t.strictSame(whole.value, {
    version: 1,
    routes: [{ id: 'a' }, { id: 'b' }, { id: 'c' }, { id: 'e' }],
    log: { level: 'warn' },
    consumers: [{ id: 'd' }]
  })
})

t.test('knows where each part was written', async t => {
  const { whole } = merged({
    'main.yaml': 'version: 1\nroutes:\n  - { id: a }\n',
    'one.yaml': '# first\nroutes:\n  - { id: b }\n  - { id: c }\nlog: { level: warn }\n'
  })
  const at = (...path: readonly (string | number)[]) => {
    const { file, path: local } = whole.locate(path)
    return `${file.name} ${local.join('.')}`
  }
  t.equal(at('routes', 0, 'id'), 'main.yaml routes.0.id')
  t.equal(at('routes', 2, 'id'), 'one.yaml routes.1.id')
  t.equal(at('log', 'level'), 'one.yaml log.level')
  t.equal(at('listen'), 'main.yaml listen')
  t.equal(at(), 'main.yaml ')
  t.equal(whole.placeOf(['routes', 2], ['routes', 1]), 'line 4')
  t.equal(whole.placeOf(['routes', 2], ['routes', 0]), 'line 4 of one.yaml')
  t.equal(whole.holds(['routes', 1, 'id']), true)
  t.equal(whole.holds(['routes', 1, 'upstream']), false)
})

t.test('refuses what two files say, another version, and what cannot be joined', async t => {
  const { codes } = merged({
    'main.yaml': 'version: 1\nlog: { level: warn }\nroutes: []\n',
    'one.yaml': 'version: 2\nlog: { level: warn }\nroutes: { id: a }\n',
    'two.yaml': '- a\n'
  })
  t.strictSame(codes, [
    'one.yaml TACIT_INCLUDE_CONFLICT',
    'one.yaml TACIT_INCLUDE_CONFLICT',
    'one.yaml TACIT_VALUE_TYPE',
    'two.yaml TACIT_VALUE_TYPE'
  ])
})

t.test('is nothing while one of the files cannot be read', async t => {
  t.equal(merged({ 'main.yaml': 'version: 1', 'one.yaml': 'a: [' }).whole.value, undefined)
  t.strictSame(merged({ 'main.yaml': '[1]' }).whole.value, [1])
})
