/**
 * The package as npm would publish it, for tests: packed from a copy of the
 * repository, since packing puts another package.json in its place for a while.
 */
import { cp, mkdir, mkdtemp, readdir, rm, symlink } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { runCommand } from './process.ts'
import type { Teardown } from './upstream.ts'

const REPOSITORY = resolve(import.meta.dirname, '../..')

/** What is not the project's own, or is made anew. */
const LEFT_OUT = new Set(['.git', '.tap', 'node_modules', 'dist', 'test', 'benchmarks'])

/** What npm needs of the environment, without what an npm around it has set. */
export function npmEnvironment(): Record<string, string | undefined> {
  const kept = Object.entries(process.env).filter(
    ([name]) =>
      name !== 'NODE_OPTIONS' && (!/^npm_/i.test(name) || /^npm_config_(?:registry|cache|userconfig)$/i.test(name))
  )
  return { ...Object.fromEntries(kept), npm_config_update_notifier: 'false', npm_config_fund: 'false' }
}

/** Packs the repository as it stands. @returns the path of the tarball, which is gone with the test. */
export async function packPackage(t: Teardown): Promise<string> {
  await mkdir(join(REPOSITORY, '.tap'), { recursive: true })
  const folder = await mkdtemp(join(REPOSITORY, '.tap', 'pack-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  const filter = (source: string) => !LEFT_OUT.has(basename(source)) || resolve(source, '..') !== REPOSITORY
  for (const name of await readdir(REPOSITORY)) {
    if (!LEFT_OUT.has(name)) await cp(join(REPOSITORY, name), join(folder, name), { recursive: true, filter })
  }
  await symlink(join(REPOSITORY, 'node_modules'), join(folder, 'node_modules'))
  return await packFolder(t, folder, folder)
}

/** Packs the package that stands in `folder`. @returns the path of the tarball, in `destination`. */
export async function packFolder(t: Teardown, folder: string, destination: string): Promise<string> {
  const args = ['--prefix', folder, 'pack', folder, '--json', '--pack-destination', destination]
  const { code, stdout, stderr } = await runCommand(t, 'npm', args, npmEnvironment()).exited
  const file = /"filename": "([^"]+\.tgz)"/.exec(stdout)?.[1]
  if (code !== 0 || file === undefined) throw new Error(`the package could not be packed: ${stderr}`)
  return join(destination, file)
}

/** Installs packages in the project of `folder`, from npm's cache where they are in it. @returns whether that was possible. */
export async function installIn(t: Teardown, packages: readonly string[], folder: string): Promise<boolean> {
  const install = (mode: string) =>
    runCommand(
      t,
      'npm',
      ['--prefix', folder, 'install', mode, '--no-audit', '--ignore-scripts', ...packages],
      npmEnvironment()
    ).exited
  for (const mode of ['--offline', '--prefer-offline']) {
    if ((await install(mode)).code === 0) return true
  }
  return false
}
