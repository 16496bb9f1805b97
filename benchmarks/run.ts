/**
 * `npm run bench` and `npm run bench:full`: measures the gateway beside its peers on this machine, and prints Markdown.
 * Progress goes to standard error, so that the report can be redirected.
 */
import { parseArgs } from 'node:util'
import { goalsSection } from './goals.ts'
import { type Choices, openBench, type Scenario } from './harness/bench.ts'
import { markdown, type Section } from './harness/report.ts'
import { save } from './harness/results.ts'
import { factors } from './scenarios/factors.ts'
import { memory } from './scenarios/memory.ts'
import { micro } from './scenarios/micro.ts'
import { scale } from './scenarios/scale.ts'
import { streaming } from './scenarios/streaming.ts'
import { throughput } from './scenarios/throughput.ts'
import { usage } from './scenarios/usage.ts'

const SCENARIOS: readonly Scenario[] = [throughput, factors, streaming, scale, memory, micro, usage]

const HELP = `Measures the gateway beside its peers on this machine.

  npm run bench -- [options] [scenario…]

${SCENARIOS.map(each => `  ${each.name.padEnd(12)} ${each.summary}`).join('\n')}

  --full       longer windows and more rounds
  --own        own load generator and upstream, even where wrk and nginx are installed
  --first      go before every other process, on a machine that cannot be quiet (root only)
  --save       keep report and raw data under benchmarks/results/
  --help       this text
`

async function run(names: readonly string[], choices: Choices, isKept: boolean): Promise<void> {
  const bench = openBench(choices)
  try {
    const head = `# Benchmark\n\n${bench.describe()}`
    process.stdout.write(`${head}\n`)
    const sections: Section[] = []
    for (const scenario of SCENARIOS.filter(each => names.length === 0 || names.includes(each.name))) {
      const measured = await scenario.run(bench).catch(error => {
        // The other scenarios can still be measured.
        process.stderr.write(`${scenario.name} failed: ${error instanceof Error ? error.message : 'no reason given'}\n`)
        process.exitCode = 1
        return []
      })
      for (const section of measured) {
        sections.push(section)
        process.stdout.write(`${markdown(section)}\n`)
      }
    }
    const goals = goalsSection(sections)
    process.stdout.write(`${markdown(goals)}\n`)
    if (isKept) process.stdout.write(`Kept in ${save(bench.machine, head, [...sections, goals])}\n`)
  } finally {
    await bench.close()
  }
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    full: { type: 'boolean', default: false },
    own: { type: 'boolean', default: false },
    first: { type: 'boolean', default: false },
    save: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false }
  }
})
const unknown = positionals.find(name => !SCENARIOS.some(each => each.name === name))
if (values.help) {
  process.stdout.write(HELP)
} else if (unknown !== undefined) {
  process.stderr.write(`There is no scenario "${unknown}".\n\n${HELP}`)
  process.exitCode = 2
} else {
  const choices = { isFull: values.full, isOwn: values.own, goesFirst: values.first }
  await run(positionals, choices, values.save)
}
