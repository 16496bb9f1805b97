/**
 * Builds the package: JavaScript and declarations of core and the plugins in
 * `dist/`, with the files beside them that are read while the gateway runs. The
 * tree below `dist/` is that of the sources, so that what finds its data by
 * `import.meta.url` finds it there, too.
 */
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { extname, join, resolve } from 'node:path'
import { BUILT, withBuiltImports } from './manifest.ts'

/** Folders that are built. */
const SOURCES = ['core', 'plugins']
/** Data that the sources read. */
const DATA = ['config']

/**
 * Builds the package that stands in `folder`, from nothing.
 * @throws Error when the compiler finds fault with something.
 */
export function build(folder: string): void {
  const built = join(folder, BUILT)
  rmSync(built, { recursive: true, force: true })
  const compiler = join(folder, 'node_modules', 'typescript', 'lib', 'tsc.js')
  const { status } = spawnSync(process.execPath, [compiler, '-p', 'tsconfig.build.json'], {
    cwd: folder,
    // What npm packs is told on the standard output, and nothing else may stand there.
    stdio: ['ignore', process.stderr, 'inherit']
  })
  if (status !== 0) throw new Error('the package could not be compiled')
  for (const file of filesBelow(built)) {
    if (file.endsWith('.d.ts')) writeFileSync(file, withBuiltImports(readFileSync(file, 'utf8')))
  }
  for (const source of [...SOURCES, ...DATA]) {
    if (existsSync(join(folder, source))) cpSync(join(folder, source), join(built, source), { recursive: true, filter })
  }
}

/** Everything but sources, which are compiled, and documents. */
function filter(path: string): boolean {
  return !['.ts', '.md'].includes(extname(path))
}

function filesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => resolve(entry.parentPath, entry.name))
}
