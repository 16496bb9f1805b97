/**
 * `npm run bench:compare -- <git ref>`: what a request costs in this working tree against what it cost at the ref, both
 * loaded at once, round after round. Prints Markdown fit for a commit message.
 */
import { parseArgs } from 'node:util'
import { type Bench, type Choices, openBench, sample, startAll } from './harness/bench.ts'
import { checkOut, commitOf, forgetCheckOut } from './harness/checkout.ts'
import { measurePairs, PAIR_HEAD, pairRow } from './harness/pairs.ts'
import { markdown, type Section } from './harness/report.ts'
import { verdict } from './harness/verdict.ts'
import { SMALL_POST } from './subjects/subject.ts'
import { BARE, type Chain, HERE, tacit, USUAL } from './subjects/tacit.ts'
import { startAnswers } from './upstreams/upstream.ts'

const HELP = `Compares this working tree with another state of it, both loaded at once.

  npm run bench:compare -- [options] <git ref>

  --rounds <n>  how often each pair is measured (9)
  --own         own load generator and upstream, even where wrk and nginx are installed
  --first       go before every other process, on a machine that cannot be quiet (root only)
`

const LOAD = { ...SMALL_POST, connections: 32 }
const WARM_UP_SECONDS = 6
const WINDOW_SECONDS = 4

async function compareChain(bench: Bench, chain: Chain, before: string, rounds: number): Promise<Section> {
  const upstream = await startAnswers(bench.machine, bench.children, bench.isOwn)
  const subjects = [tacit(chain, HERE, 'after, again'), tacit(chain, HERE, 'after'), tacit(chain, before, 'before')]
  const { running, notes } = await startAll(bench, subjects, upstream)
  try {
    const [again, after, old] = running
    if (again === undefined || after === undefined || old === undefined) throw new Error(notes.join('\n'))
    for (const each of running) await sample(bench, each, { ...LOAD, seconds: WARM_UP_SECONDS })
    bench.neighbours.verdict()
    const pairs = [
      { subject: again, against: after },
      { subject: after, against: old }
    ]
    const results = await measurePairs(bench, pairs, { ...LOAD, seconds: WINDOW_SECONDS }, rounds)
    const [noise, change] = results
    if (noise === undefined || change === undefined) throw new Error('two pairs give two results')
    return {
      title: chain.name,
      notes: [
        `POST of 1 KB, ${LOAD.connections} connections each, ${rounds} rounds of ${WINDOW_SECONDS} s; the first line is noise.`,
        bench.neighbours.verdict().sentence,
        `**${noise.errors + change.errors > 0 ? 'requests failed' : verdict(change.ratio, noise.ratio)}**`
      ],
      head: PAIR_HEAD,
      rows: results.map(pairRow),
      raw: results
    }
  } finally {
    await Promise.all([...running, upstream].map(each => each.stop()))
  }
}

async function compare(ref: string, rounds: number, choices: Choices): Promise<void> {
  const commit = commitOf(ref)
  const bench = openBench(choices)
  try {
    process.stdout.write(`# This working tree against ${commit}\n\n${bench.describe()}\n`)
    const before = checkOut(bench, commit)
    for (const chain of [BARE, USUAL]) {
      process.stdout.write(`${markdown(await compareChain(bench, chain, before, rounds))}\n`)
    }
  } finally {
    await bench.close()
    forgetCheckOut()
  }
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '9' },
    own: { type: 'boolean', default: false },
    first: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false }
  }
})
const [ref] = positionals
const rounds = Number(values.rounds)
if (values.help || ref === undefined || positionals.length > 1 || !Number.isInteger(rounds) || rounds < 1) {
  process.stderr.write(HELP)
  process.exitCode = values.help ? 0 : 2
} else {
  const choices = { isFull: false, isOwn: values.own, goesFirst: values.first }
  await compare(ref, rounds, choices).catch(error => {
    process.stderr.write(`${error instanceof Error ? error.message : 'The comparison failed.'}\n`)
    process.exitCode = 1
  })
}
