/**
 * `npm run bench:guard`: whether a request costs much more now than at the commit that `benchmarks/baseline` names, both
 * loaded at once. Takes a second look before it fails. Where it cannot compare, it says so and passes.
 */
import { readFileSync } from 'node:fs'
import { type Bench, openBench, sample, startAll } from './harness/bench.ts'
import { checkOut, commitOf, forgetCheckOut } from './harness/checkout.ts'
import { measurePairs, PAIR_HEAD, type PairResult, pairRow } from './harness/pairs.ts'
import { markdown } from './harness/report.ts'
import { DEARER_ABOVE, isTooDear } from './harness/verdict.ts'
import { SMALL_POST } from './subjects/subject.ts'
import { HERE, tacit, USUAL } from './subjects/tacit.ts'
import { startAnswers } from './upstreams/upstream.ts'

const LOAD = { ...SMALL_POST, connections: 32 }
const WARM_UP_SECONDS = 4
const WINDOW_SECONDS = 2
const ROUNDS = 5

/** Why there is nothing to compare with; undefined when there is. */
function missing(ref: string): string | undefined {
  if (process.platform !== 'linux') return 'processes are accounted for on Linux only'
  try {
    commitOf(ref)
    return undefined
  } catch {
    return `this clone does not know ${ref}`
  }
}

async function compare(bench: Bench, ref: string): Promise<PairResult> {
  const upstream = await startAnswers(bench.machine, bench.children, bench.isOwn)
  const subjects = [tacit(USUAL, HERE, 'now'), tacit(USUAL, checkOut(bench, commitOf(ref)), `at ${ref}`)]
  const { running, notes } = await startAll(bench, subjects, upstream)
  try {
    const [now, before] = running
    if (now === undefined || before === undefined) throw new Error(notes.join('\n'))
    for (const each of running) await sample(bench, each, { ...LOAD, seconds: WARM_UP_SECONDS })
    const look = async () => {
      const load = { ...LOAD, seconds: WINDOW_SECONDS }
      const [result] = await measurePairs(bench, [{ subject: now, against: before }], load, ROUNDS)
      if (result === undefined) throw new Error('a pair gives a result')
      return result
    }
    const first = await look()
    return isTooDear(first.ratio) ? await look() : first
  } finally {
    await Promise.all([...running, upstream].map(each => each.stop()))
  }
}

const ref = readFileSync(new URL('./baseline', import.meta.url), 'utf8').trim()
const reason = missing(ref)
if (reason !== undefined) {
  process.stdout.write(`The hot path was not compared: ${reason}.\n`)
} else {
  const bench = openBench({ isFull: false, isOwn: false, goesFirst: false })
  try {
    const result = await compare(bench, ref)
    const notes = [`At most ${DEARER_ABOVE} times; POST of 1 KB, ${ROUNDS} rounds of ${WINDOW_SECONDS} s.`]
    const section = { title: USUAL.name, notes, head: PAIR_HEAD, rows: [pairRow(result)], raw: result }
    process.stdout.write(`${markdown(section)}\n`)
    if (isTooDear(result.ratio) || result.errors > 0) {
      process.stderr.write('A request costs too much. `npm run bench:compare` says more.\n')
      process.exitCode = 1
    }
  } finally {
    await bench.close()
    forgetCheckOut()
  }
}
