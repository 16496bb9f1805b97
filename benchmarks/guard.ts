/**
 * `npm run bench:guard`: whether a request costs much more now than at the commit that `benchmarks/baseline` names, both
 * loaded at once. Takes a second look, beside the noise of this machine, before it fails. Where it cannot compare, or
 * where the noise is too wide to tell, it says so and passes.
 */
import { readFileSync } from 'node:fs'
import { type Bench, openBench, startAll, warmUp } from './harness/bench.ts'
import { checkOut, commitOf, forgetCheckOut } from './harness/checkout.ts'
import { measurePairs, PAIR_HEAD, type PairResult, pairRow } from './harness/pairs.ts'
import { markdown } from './harness/report.ts'
import { DEARER_ABOVE, isTooDear, judge } from './harness/verdict.ts'
import { type Running, SMALL_POST, type Subject } from './subjects/subject.ts'
import { HERE, tacit, USUAL } from './subjects/tacit.ts'
import { startAnswers } from './upstreams/upstream.ts'

const LOAD = { ...SMALL_POST, connections: 32 }
const WARM_UP_SECONDS = 4
const WINDOW_SECONDS = 2
const ROUNDS = 5
/** A busy machine may take its time to start; that is not what is asked. */
const READY_WITHIN_MS = 60_000

/** What was found, and the words for it. */
interface Answer {
  readonly isFailure: boolean
  readonly sentence: string
  readonly results: readonly PairResult[]
}

function passed(sentence: string, results: readonly PairResult[] = []): Answer {
  return { isFailure: false, sentence, results }
}

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

async function compare(bench: Bench, ref: string): Promise<Answer> {
  let before: string
  try {
    before = checkOut(bench, commitOf(ref))
  } catch {
    return passed(`The hot path was not compared: ${ref} could not be made ready.`)
  }
  const upstream = await startAnswers(bench.machine, bench.children, bench.isOwn)
  const subject = (root: string, name: string): Subject => {
    return { ...tacit(USUAL, root, name), readyWithinMs: READY_WITHIN_MS }
  }
  const now = await startAll(bench, [subject(HERE, 'now')], upstream)
  const old = await startAll(bench, [subject(before, `at ${ref}`), subject(before, `at ${ref}, again`)], upstream)
  try {
    const [after] = now.running
    const [base, again] = old.running
    // This state must start; that the one before does not start here says nothing about it.
    if (after === undefined) throw new Error(now.notes.join('\n'))
    if (base === undefined || again === undefined) {
      return passed(`The hot path was not compared: ${old.notes.join(' ')}`)
    }
    return await look(bench, after, base, again)
  } finally {
    await Promise.all([...now.running, ...old.running, upstream].map(each => each.stop()))
  }
}

async function look(bench: Bench, now: Running, base: Running, again: Running): Promise<Answer> {
  await warmUp(bench, [now, base, again], LOAD, WARM_UP_SECONDS)
  const load = { ...LOAD, seconds: WINDOW_SECONDS }
  const change = { subject: now, against: base }
  const first = await measurePairs(bench, [change], load, ROUNDS)
  if (first.every(({ ratio, errors }) => errors === 0 && !isTooDear(ratio)))
    return passed('A request costs what it may.', first)
  const second = await measurePairs(bench, [{ subject: again, against: base }, change], load, ROUNDS)
  const [noise, ratio] = second
  if (noise === undefined || ratio === undefined) throw new Error('two pairs give two results')
  if (noise.errors + ratio.errors > 0)
    return passed('The hot path was not compared: requests failed, or took too long.', second)
  switch (judge(ratio.ratio, noise.ratio)) {
    case 'fine':
      return passed('A request costs what it may, at the second look.', second)
    case 'too noisy':
      return passed('The hot path was not compared: the machine is too noisy to tell.', second)
    case 'too dear':
      return {
        isFailure: true,
        sentence: 'A request costs too much. `npm run bench:compare` says more.',
        results: second
      }
  }
}

const ref = readFileSync(new URL('./baseline', import.meta.url), 'utf8').trim()
const reason = missing(ref)
if (reason !== undefined) {
  process.stdout.write(`The hot path was not compared: ${reason}.\n`)
} else {
  const bench = openBench({ isFull: false, isOwn: false, goesFirst: false })
  try {
    const { isFailure, sentence, results } = await compare(bench, ref)
    const notes = [`At most ${DEARER_ABOVE} times; POST of 1 KB, ${ROUNDS} rounds of ${WINDOW_SECONDS} s.`, sentence]
    const section = { title: USUAL.name, notes, head: PAIR_HEAD, rows: results.map(pairRow), raw: results }
    process.stdout.write(`${markdown(section)}\n`)
    if (isFailure) process.exitCode = 1
  } finally {
    await bench.close()
    forgetCheckOut()
  }
}
