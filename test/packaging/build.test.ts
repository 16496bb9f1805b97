import { readdirSync, symlinkSync } from 'node:fs'
import { join, resolve } from 'node:path'
import t from 'tap'
import { build } from '../../packaging/build.ts'

const MODULES = resolve(import.meta.dirname, '../../node_modules')

t.setTimeout(120_000)

const TSCONFIG = JSON.stringify({
  compilerOptions: {
    module: 'nodenext',
    target: 'esnext',
    types: [],
    strict: true,
    outDir: 'dist',
    rootDir: '.',
    declaration: true,
    rewriteRelativeImportExtensions: true
  },
  include: ['core', 'plugins']
})

/** A folder of files, as `t.testdir` takes it. */
interface Folder {
  [name: string]: string | Folder
}

/** Sources as a package has them, with the packages of this one. */
function folderOf(test: { testdir(content: Folder): string }, index: string): string {
  const folder = test.testdir({
    'package.json': '{"type":"module"}',
    'tsconfig.build.json': TSCONFIG,
    core: { 'index.ts': index, 'other.ts': 'export type Other = 1\n', 'page.html': '<p>', 'README.md': '#' },
    plugins: { one: { 'index.ts': 'export default 1\n', 'README.md': '#' } },
    config: { 'data.yaml': 'a: 1', 'README.md': '#' },
    dist: { 'old.js': '' }
  })
  symlinkSync(MODULES, join(folder, 'node_modules'))
  return folder
}

t.test('what runs is compiled, what is read is copied, and nothing of before is left', async t => {
  const folder = folderOf(t, "export type { Other } from './other.ts'\n")
  build(folder)
  t.strictSame(
    readdirSync(join(folder, 'dist'), { recursive: true, withFileTypes: true })
      .filter(entry => entry.isFile())
      .map(entry => entry.name)
      .sort(),
    ['data.yaml', 'index.d.ts', 'index.d.ts', 'index.js', 'index.js', 'other.d.ts', 'other.js', 'page.html']
  )
})

t.test('what does not compile is not packed', async t => {
  const folder = folderOf(t, 'export const one: string = 1\n')
  t.throws(() => build(folder), { message: 'the package could not be compiled' })
})
