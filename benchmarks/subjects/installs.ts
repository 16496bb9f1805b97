/**
 * Gets peers that are no part of the repository when a run first asks for them, into a cache of the user's. It runs the
 * registries' own clients, lets no package run scripts, and knows nothing of what the peers do.
 */
import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'

/** Longest that one command may take; the largest peer brings 700 MB. */
const STEP_WITHIN_MS = 10 * 60_000

/** How a peer is got. */
export interface Recipe {
  /** Name and version: the folder in the cache. Another version is another folder. */
  readonly folder: string
  /** A file that is there once it is installed, relative to the folder. */
  readonly proof: string
  /** The commands, in order; each must succeed. `into` is an empty folder. */
  steps(into: string): readonly (readonly string[])[]
}

/** Where peers are kept, outside of every repository. */
export function cacheFolder(environment: Readonly<Record<string, string | undefined>> = process.env): string {
  const { XDG_CACHE_HOME: caches = '' } = environment
  return join(caches === '' ? join(homedir(), '.cache') : caches, 'tacit-gateway', 'benchmarks')
}

/** Where a recipe's files are, once it is installed. */
export function folderOf(recipe: Recipe, cache: string = cacheFolder()): string {
  return join(cache, recipe.folder)
}

/**
 * Installs a peer, unless it is there. It appears whole or not at all: two runs at once may both install it.
 * @param say told when something is fetched, since that takes a while
 * @returns why it cannot be had, in one line; undefined when it is there
 */
export async function install(
  recipe: Recipe,
  say: (line: string) => void,
  cache: string = cacheFolder()
): Promise<string | undefined> {
  const folder = folderOf(recipe, cache)
  if (existsSync(join(folder, recipe.proof))) return undefined
  say(`installing ${recipe.folder} into ${cache}`)
  const draft = `${folder}.${process.pid}`
  try {
    mkdirSync(draft, { recursive: true })
    for (const [program = '', ...words] of recipe.steps(draft)) {
      await promisify(execFile)(program, words, { cwd: draft, timeout: STEP_WITHIN_MS, maxBuffer: 2 ** 26 })
    }
    if (!existsSync(join(draft, recipe.proof))) return `its package holds no ${recipe.proof}`
    mkdirSync(dirname(folder), { recursive: true })
    if (!existsSync(folder)) renameSync(draft, folder)
    return undefined
  } catch (error) {
    return reasonOf(error)
  } finally {
    rmSync(draft, { recursive: true, force: true })
  }
}

/** The line in which a client says why it failed, without its prefixes. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'it could not be installed'
  const printed = 'stderr' in error && typeof error.stderr === 'string' ? error.stderr : ''
  const lines = printed.split('\n').filter(line => line.trim() !== '')
  const line = lines.findLast(each => /no matching|not found|forbidden|refused|not available|error/i.test(each))
  return (line ?? error.message.split('\n')[0] ?? '')
    .replace(/^(?:npm (?:error|ERR!)( \w+)?|ERROR:|\s)+/, '')
    .replace(/\.$/, '')
    .slice(0, 200)
}
