/** Keeps the report and the raw data of a run, when asked to. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Machine } from './machine.ts'
import { svg } from './plot.ts'
import { markdown, type Section } from './report.ts'

const RESULTS = fileURLToPath(new URL('../results/', import.meta.url))

/**
 * Writes `report.md`, its plots and `raw.json` to a folder named after the day and the commit.
 * @returns the folder, relative to where the run was started
 */
export function save(machine: Machine, head: string, sections: readonly Section[]): string {
  const commit = commitOf()
  const folder = join(RESULTS, `${new Date().toISOString().slice(0, 10)}-${commit}`)
  mkdirSync(folder, { recursive: true })
  const { taskset, wrk, nginx, ...described } = machine
  const pinned = taskset !== undefined
  const raw = {
    commit,
    machine: { ...described, pinned },
    sections: sections.map(({ title, raw }) => ({ title, raw }))
  }
  writeFileSync(join(folder, 'raw.json'), `${JSON.stringify(raw, null, 1)}\n`)
  writeFileSync(join(folder, 'report.md'), `${[head, ...sections.map(each => markdown(each, true))].join('\n')}\n`)
  for (const plot of sections.flatMap(each => each.plots ?? [])) {
    writeFileSync(join(folder, `${plot.file}.svg`), svg(plot))
  }
  return relative(process.cwd(), folder)
}

/** Short name of the commit that is checked out, with `-changed` behind it when files differ from it. */
function commitOf(): string {
  const git = (...words: string[]) =>
    spawnSync('git', ['--no-optional-locks', ...words], { cwd: RESULTS.replace(/results\/$/, ''), encoding: 'utf8' })
  const commit = git('rev-parse', '--short', 'HEAD').stdout.trim()
  if (commit === '') return 'unknown'
  return git('status', '--porcelain').stdout.trim() === '' ? commit : `${commit}-changed`
}
