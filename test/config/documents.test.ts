import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import t from 'tap'
import { main } from '../../core/cli/main.ts'
import { readDocument } from '../../core/configuration/document.ts'
import { editorSchema } from '../../core/configuration/editor-schema.ts'
import { isBlock, valueAt } from '../../core/configuration/path.ts'
import { PluginLoader } from '../../core/loader.ts'
import { knownPlugins } from '../core/configuration/support.ts'
import { misfitsOf } from '../support/json-schema.ts'
import { TestTerminal } from '../support/terminal.ts'

const REPOSITORY = resolve(import.meta.dirname, '../..')
const MAKE_ANEW = 'it is not what the schemas say: make it anew with `npm run schema`'

const schema = editorSchema(await knownPlugins(new PluginLoader()))
const misfits = misfitsOf(schema)
/** Most documents show only the part that they are about. */
const misfitsOfPart = misfitsOf(editorSchema(await knownPlugins(new PluginLoader()), 'part'))

const text = (file: string) => readFileSync(join(REPOSITORY, file), 'utf8')

async function printed(...args: readonly string[]): Promise<string> {
  const terminal = new TestTerminal()
  await main(['schema', ...args], terminal)
  return terminal.printed
}

t.test('the schema for editors is current', async t => {
  t.equal(text('config/gateway.schema.json'), await printed(), MAKE_ANEW)
})

t.test('the schema for files of cases is current, and takes the cases beside the example', async t => {
  t.equal(text('config/cases.schema.json'), await printed('--cases'), MAKE_ANEW)
  const wrong = misfitsOf(JSON.parse(text('config/cases.schema.json')))
  t.strictSame(wrong(readDocument(text('config/gateway.test.yaml')).value), [])
  t.not(wrong({ cases: [{ name: 'one', requst: {} }] }).length, 0)
})

t.test('the reference is current', async t => {
  t.equal(text('config/README.md'), await printed('--reference'), MAKE_ANEW)
})

t.test('the example leads editors to the schema beside it', async t => {
  t.equal(text('config/gateway.yaml').split('\n')[0], '# yaml-language-server: $schema=./gateway.schema.json')
})

t.test('every key that can be set is described', async t => {
  t.strictSame(undescribed(schema), [])
  const planted = { properties: { a: { items: { properties: { b: { type: 'string' } } } }, c: false } }
  t.strictSame(undescribed(planted), ['a', 'a.b'])
})

/** Keys of a schema that have no description, wherever they are named. Keys that are refused need none. */
function undescribed(value: unknown, path: readonly string[] = []): readonly string[] {
  if (Array.isArray(value)) return value.flatMap(item => undescribed(item, path))
  if (!isBlock(value)) return []
  return Object.entries(value).flatMap(([keyword, inner]) => {
    if (keyword === 'definitions' && isBlock(inner))
      return Object.values(inner).flatMap(item => undescribed(item, path))
    if (keyword !== 'properties' || !isBlock(inner)) return undescribed(inner, path)
    return Object.entries(inner).flatMap(([key, property]) => {
      const here = [...path, key]
      const isNamed = isBlock(property) && descriptionOf(property) === undefined && !DESCRIBED_ELSEWHERE.has(key)
      return [...(isNamed ? [here.join('.')] : []), ...undescribed(property, here)]
    })
  })
}

/** What a part of the schema says of itself, or that which stands for it. */
function descriptionOf({ description, $ref }: Readonly<Record<string, unknown>>): unknown {
  if (typeof $ref !== 'string') return description
  const definition = valueAt(schema, ['definitions', $ref.replace('#/definitions/', '')])
  return isBlock(definition) ? definition.description : undefined
}

/** Keys of a use of a plugin, which stand once with a description and again in conditions. */
const DESCRIBED_ELSEWHERE = new Set(['use', 'config', 'failureMode'])

t.test('the example, and every file in the documents, is as the schema has it', async t => {
  t.strictSame(misfits(readDocument(text('config/gateway.yaml')).value), [])
  const pages = ['README.md', ...new PluginLoader().names().map(name => `plugins/${name}/README.md`)]
  let files = 0
  for (const page of pages) {
    for (const [, block = ''] of text(page).matchAll(/^```yaml\n([\s\S]*?)^```/gm)) {
      const { value, findings } = readDocument(block.replace('hmac-sha256:…', `hmac-sha256:${'A'.repeat(43)}`))
      t.strictSame(findings, [], page)
      t.strictSame(misfitsOfPart(value), [], page)
      files++
    }
  }
  t.ok(files >= pages.length - 1, `${files} files`)
})

t.test('the schema is one of draft-07, which editors know best, and leads to nothing outside itself', async t => {
  t.equal(schema.$schema, 'http://json-schema.org/draft-07/schema#')
  const references = referencesIn(schema)
  t.ok(references.length > 0)
  t.strictSame(
    references.filter(reference => !reference.startsWith('#/definitions/')),
    []
  )
})

function referencesIn(value: unknown): readonly string[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries<unknown>({ ...value }).flatMap(([key, inner]) =>
    key === '$ref' && typeof inner === 'string' ? [inner] : referencesIn(inner)
  )
}

t.test('the cases beside the example are as expected', async t => {
  const terminal = new TestTerminal()
  t.equal(await main(['test', join(REPOSITORY, 'config/gateway.yaml'), '--json'], terminal), 0)
  t.match(JSON.parse(terminal.printed), { passed: 6, failed: 0 })
})
