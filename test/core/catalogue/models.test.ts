import t from 'tap'
import { ACME, registryOf, SOURCE } from './support.ts'

const WILDCARDS = `${ACME}
wildcards:
  - { provider: acme, pattern: 'ft:*', model: small }
  - { provider: acme, pattern: 'ft:big-*', model: big }
`

/** How a name was understood: the id of the model, and by what; or what is missing. */
function found(name: string, text = ACME, provider = 'acme'): string {
  const result = registryOf(text).model(provider, name)
  return result.known ? `${result.model.id} by ${result.by}` : `no ${result.missing}`
}

t.test('a model is known by its id and by its other names', async t => {
  t.equal(found('big'), 'big by id')
  t.equal(found('bigger'), 'big by alias')
  t.equal(found('BIG'), 'no model')
  t.equal(found('big', ACME, 'nobody'), 'no provider')
})

t.test('a dated snapshot is the model, however its day is written', async t => {
  for (const name of ['big-2026-01-31', 'big-20260131', 'big@20260131', 'bigger-2026-01-31'])
    t.equal(found(name), 'big by snapshot', name)
})

t.test('a snapshot that is known by itself is itself', async t => {
  t.equal(found('old-2024-05-13'), 'old-2024-05-13 by id')
  t.equal(found('old-2024-08-06'), 'no model')
})

t.test('what is no day of a calendar is no snapshot', async t => {
  for (const name of ['big-2026-02-30', 'big-99999999', 'big-0613', 'big-2026', 'big20260131', 'big-', '-20260131'])
    t.equal(found(name), 'no model', name)
})

t.test('wildcards count only where the operator wrote them, the longest first', async t => {
  t.equal(found('ft:big-mine'), 'no model')
  t.equal(found('ft:big-mine', WILDCARDS), 'big by wildcard')
  t.equal(found('ft:other', WILDCARDS), 'small by wildcard')
  t.equal(found('big-unheard-of', WILDCARDS), 'no model')
})

t.test('names from outside are looked up, whatever they are', async t => {
  const names = [
    '__proto__',
    'constructor',
    'toString',
    '',
    '\0',
    'big\0',
    'a'.repeat(1_000_000),
    '-'.repeat(200),
    `ft:${'a'.repeat(200)}`,
    '💥'
  ]
  for (const name of names) t.equal(found(name, WILDCARDS), 'no model', name.slice(0, 20))
  t.equal(found('big', ACME, '__proto__'), 'no provider')
})

t.test('the same name gives the same object, so that nothing is made for each request', async t => {
  const registry = registryOf(ACME)
  t.equal(registry.model('acme', 'big'), registry.model('acme', 'big'))
  t.equal(registry.model('acme', 'no'), registry.model('acme', 'nor'))
})

t.test('says which name was perhaps meant', async t => {
  const registry = registryOf(ACME)
  t.equal(registry.near('acme', 'bigg'), 'big')
  t.equal(registry.near('acme', 'smal'), 'small')
  t.equal(registry.near('acme', 'something-else'), undefined)
  t.equal(registry.near('nobody', 'big'), undefined)
  t.equal(registry.near('acme', 'b'.repeat(100_000)), undefined)
})

t.test('a model tells what is published of it, and undefined for the rest', async t => {
  const result = registryOf(ACME).model('acme', 'small')
  t.match(SOURCE, /acme\.example/)
  t.strictSame(result.known && result.model, {
    provider: 'acme',
    id: 'small',
    aliases: [],
    contextTokens: undefined,
    maxOutputTokens: undefined,
    source: { url: 'https://acme.example/prices', readAt: Date.UTC(2026, 0, 1), via: undefined }
  })
})
