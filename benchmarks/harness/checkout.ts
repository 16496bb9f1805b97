/** Another state of this repository beside the working tree, ready to be run. */
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { HERE } from '../subjects/tacit.ts'
import type { Bench } from './bench.ts'

/** Runs a command that must succeed. @throws Error with what it printed */
function must(folder: string, program: string, ...words: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(program, words, { cwd: folder, encoding: 'utf8' })
  if (status !== 0) throw new Error(`${program} ${words.join(' ')}:\n${stderr || stdout}`)
  return stdout.trim()
}

/** The short name of a commit. @throws Error when this clone does not know it. */
export function commitOf(ref: string): string {
  return must(HERE, 'git', 'rev-parse', '--verify', '--short', `${ref}^{commit}`)
}

/** Checks a commit out into the folder of the run, with its dependencies. @returns where, with a slash at the end. */
export function checkOut(bench: Bench, commit: string): string {
  const folder = join(bench.children.folder, 'before')
  must(HERE, 'git', 'worktree', 'add', '--detach', folder, commit)
  const lock = (root: string) => readFileSync(join(root, 'package-lock.json'), 'utf8')
  if (existsSync(join(HERE, 'node_modules')) && lock(folder) === lock(HERE)) {
    symlinkSync(join(HERE, 'node_modules'), join(folder, 'node_modules'))
  } else {
    bench.say('its dependencies differ: installing them')
    must(folder, 'npm', 'ci', '--omit=dev', '--ignore-scripts')
  }
  return `${folder}/`
}

/** Makes git forget what was checked out, once the folder of the run is gone. */
export function forgetCheckOut(): void {
  must(HERE, 'git', 'worktree', 'prune')
}
