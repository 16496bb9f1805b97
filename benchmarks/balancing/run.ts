/** `npm run bench:balancing`: runs every policy in every world, and prints or keeps what came of it. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { POLICIES } from './policies.ts'
import { type Line, plotsOf, type Section, tableOf } from './report.ts'
import { SCENARIOS } from './scenarios.ts'
import { simulate } from './simulation.ts'

const { values } = parseArgs({
  options: {
    requests: { type: 'string', default: '10000' },
    seeds: { type: 'string', default: '9' },
    save: { type: 'boolean', default: false }
  }
})
const requests = Number(values.requests)
const seeds = Number(values.seeds)
if (!(Number.isInteger(requests) && requests > 0 && Number.isInteger(seeds) && seeds > 0)) {
  throw new RangeError('--requests and --seeds are whole numbers above 0')
}

const sections: Section[] = []
const head = [
  '# Balancers in simulated time',
  '',
  `Three servers of eight places; ${requests} requests for each of ${seeds} seeds. Figures are medians over the seeds, with`,
  'the lowest and the highest. The oracle knows how each server is and who waits there, but not the dice of a request.',
  'Shares are those of server 1 · 2 · 3; where one of them is not well it is the first.',
  ''
].join('\n')
process.stdout.write(`${head}\n`)
for (const scenario of SCENARIOS) {
  const lines: Line[] = []
  for (const [policy, make] of POLICIES) {
    const runs = []
    for (let seed = 1; seed <= seeds; seed++) runs.push(await simulate(make, scenario, requests, seed))
    lines.push({ policy, runs })
  }
  const section = { scenario, lines }
  sections.push(section)
  process.stdout.write(`${tableOf(section)}\n`)
}
if (values.save) save()

/** Keeps report, plots and the figures of each seed beside the other results. */
function save(): void {
  const directory = join(import.meta.dirname, '..', 'results', `${new Date().toISOString().slice(0, 10)}-balancing`)
  mkdirSync(directory, { recursive: true })
  const pictures: string[] = []
  for (const section of sections) {
    for (const { file, content } of plotsOf(section)) {
      writeFileSync(join(directory, file), content)
      if (file.endsWith('-p99.svg')) pictures.push(`![${section.scenario.name}, p99](${file})`)
    }
  }
  const report = [head, ...sections.map(tableOf), ...pictures, ''].join('\n')
  writeFileSync(join(directory, 'report.md'), report)
  const raw = sections.map(({ scenario: { name }, lines }) => ({
    scenario: name,
    lines: lines.map(({ policy, runs }) => ({
      policy,
      runs: runs.map(({ latenciesMs, ...rest }) => ({ ...rest, quantilesMs: quantilesOf(latenciesMs) }))
    }))
  }))
  writeFileSync(join(directory, 'raw.json'), `${JSON.stringify({ requests, seeds, node: process.version, raw })}\n`)
  process.stdout.write(`Kept in ${directory}\n`)
}

/** Every percent, rounded to a tenth of a ms. */
function quantilesOf(latenciesMs: readonly number[]): readonly number[] {
  const sorted = latenciesMs.toSorted((one, other) => one - other)
  return Array.from({ length: 101 }, (_, index) => {
    const value = sorted[Math.min(sorted.length - 1, Math.floor((index / 100) * sorted.length))] ?? 0
    return Math.round(value * 10) / 10
  })
}
