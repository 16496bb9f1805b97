import { execFileSync } from 'node:child_process'
import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { readSources } from '../../../core/configuration/includes.ts'

/** Reads a configuration from the disk, with files and links beside it. */
async function read(
  t: { testdir(): string },
  main: string,
  files: Readonly<Record<string, string>> = {},
  links: Readonly<Record<string, string>> = {}
) {
  const folder = join(t.testdir(), 'configuration')
  await mkdir(join(folder, 'routes'), { recursive: true })
  await writeFile(join(folder, '../outside.yaml'), 'log: { level: warn }')
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text)
  for (const [name, target] of Object.entries(links)) await symlink(join(folder, target), join(folder, name))
  const sources = await readSources(join(folder, 'gateway.yaml'), main)
  return sources.map(({ name, document, findings }) => ({
    name: name.slice(folder.length + 1),
    value: document.value,
    codes: findings.map(({ code }) => code)
  }))
}

t.test('reads what is named, in order, and what a pattern matches by name', async t => {
  const files = await read(t, 'include: [last.yaml, "routes/*.yaml"]', {
    'last.yaml': 'a: 1',
    'routes/b.yaml': 'b: 1',
    'routes/a.yaml': 'include: deep.yaml',
    'routes/.hidden.yaml': 'c: 1',
    'routes/notes.txt': '',
    'deep.yaml': 'd: 1'
  })
  t.strictSame(
    files.map(({ name, codes }) => [name, ...codes]),
    [['gateway.yaml'], ['last.yaml'], ['routes/a.yaml'], ['deep.yaml'], ['routes/b.yaml']]
  )
})

t.test('follows no link out of the folder, and knows a file again behind one', async t => {
  const links = { 'link.yaml': '../outside.yaml', 'again.yaml': 'one.yaml' }
  const files = await read(t, 'include: [link.yaml, one.yaml, again.yaml]', { 'one.yaml': 'a: 1' }, links)
  t.strictSame(
    files.map(({ name, codes }) => [name, ...codes]),
    [['gateway.yaml', 'TACIT_INCLUDE_PATH', 'TACIT_INCLUDE_TWICE'], ['one.yaml']]
  )
})

t.test('ends in a circle, of itself too', async t => {
  const files = await read(t, 'include: a.yaml', { 'a.yaml': 'include: [a.yaml, b.yaml]', 'b.yaml': 'include: a.yaml' })
  t.strictSame(
    files.map(({ name, codes }) => [name, ...codes]),
    [['gateway.yaml'], ['a.yaml', 'TACIT_INCLUDE_CYCLE'], ['b.yaml', 'TACIT_INCLUDE_CYCLE']]
  )
})

t.test('says what is not there, and reads no more files than can be meant', async t => {
  const [main] = await read(t, 'include: [none.yaml, routes, "none/*.yaml"]')
  t.strictSame(main?.codes, ['TACIT_INCLUDE_MISSING', 'TACIT_INCLUDE_MISSING', 'TACIT_INCLUDE_NOTHING'])
  const names = Array.from({ length: 300 }, (_, index) => `routes/${1000 + index}.yaml`)
  const many = await read(t, 'include: routes/*.yaml', Object.fromEntries(names.map(name => [name, 'a: 1'])))
  t.equal(many.length, 256)
  t.strictSame(many[0]?.codes, ['TACIT_INCLUDE_MANY'])
})

t.test('leaves what is no text to the schema, and reads nothing of a file that is broken', async t => {
  t.strictSame(await read(t, 'include: [3, { a: 1 }]'), [
    { name: 'gateway.yaml', value: { include: [3, { a: 1 }] }, codes: [] }
  ])
  const [, broken] = await read(t, 'include: a.yaml', { 'a.yaml': 'include: [b.yaml' })
  t.strictSame([broken?.value, broken?.codes.length], [undefined, 1])
})

t.test('waits for nobody to write into a pipe', { skip: process.platform === 'win32' }, async t => {
  const folder = t.testdir()
  execFileSync('mkfifo', [join(folder, 'pipe.yaml')])
  for (const entry of ['pipe.yaml', '*.yaml']) {
    const [main] = await readSources(join(folder, 'gateway.yaml'), `include: "${entry}"`)
    t.match(main?.findings, [{ code: 'TACIT_INCLUDE_MISSING', message: '"pipe.yaml" cannot be read.' }], entry)
  }
})
