/**
 * What metering with its row adds to a request and to an event of a stream, on
 * the main thread, beside the same gateway without them: key-auth and rate-limit.
 * Both are loaded at once on one core, in many short rounds, so that whatever
 * disturbs the machine disturbs both; the first pair of each kind is the same
 * gateway twice, and no smaller difference means anything.
 * `node benchmarks/metering.ts [--quick] [--first] [requests|events]`
 */
import { parseArgs } from 'node:util'
import { type Bench, openBench, startAll, warmUp } from './harness/bench.ts'
import { measurePairs } from './harness/pairs.ts'
import { figure, markdown, type Section } from './harness/report.ts'
import { median, quantile, ratiosOf } from './harness/statistics.ts'
import { eventCosts } from './scenarios/event-pairs.ts'
import { type Running, SMALL_POST } from './subjects/subject.ts'
import { GUARDED, METERED, METERED_UNASKED, tacit } from './subjects/tacit.ts'
import { startAnswers, startStreams } from './upstreams/upstream.ts'

const AGAIN = `${GUARDED.name}, again`
const LOAD = { ...SMALL_POST, connections: 32 }
const PERIOD_MS = 10
const WINDOW_SECONDS = 1
const WARM_UP_SECONDS = 6
const HEAD = ['', 'adds', 'middle half of the rounds', 'µs', 'µs without']

/** Main-thread CPU of one, and of the other beside it, round by round, in µs. */
interface Compared {
  readonly name: string
  readonly own: readonly number[]
  readonly others: readonly number[]
}

async function requests(bench: Bench, rounds: number): Promise<Section> {
  const upstream = await startAnswers(bench.machine, bench.children, bench.isOwn)
  const subjects = [tacit(GUARDED), { ...tacit(GUARDED), name: AGAIN }, tacit(METERED)]
  const { running, notes } = await startAll(bench, subjects, upstream)
  try {
    const [guarded, again, metered] = running
    if (guarded === undefined || again === undefined || metered === undefined) throw new Error(notes.join('\n'))
    await warmUp(bench, running, LOAD, WARM_UP_SECONDS)
    const pairs = [again, metered].map(subject => ({ subject, against: guarded }))
    const results = await measurePairs(bench, pairs, { ...LOAD, seconds: WINDOW_SECONDS }, rounds)
    const errors = results.reduce((sum, each) => sum + each.errors, 0)
    if (errors > 0) throw new Error(`${errors} requests failed: there is nothing to compare`)
    return table(
      bench,
      'A request (POST of 1 KB, answer of 500 bytes with usage)',
      rounds,
      results.map(({ subject, samples }) => ({
        name: subject,
        own: samples.map(each => each.subject.mainUs),
        others: samples.map(each => each.against.mainUs)
      }))
    )
  } finally {
    await Promise.all([...running, upstream].map(each => each.stop()))
  }
}

async function events(bench: Bench, rounds: number): Promise<Section> {
  const upstream = await startStreams(bench.children, PERIOD_MS)
  const subjects = [tacit(GUARDED), { ...tacit(GUARDED), name: AGAIN }, tacit(METERED_UNASKED), tacit(METERED)]
  const { running, notes } = await startAll(bench, subjects, upstream)
  try {
    const [guarded, ...others] = running
    if (guarded === undefined || others.length < 3) throw new Error(notes.join('\n'))
    const compared: Compared[] = []
    for (const subject of others) compared.push(await eventPair(bench, subject, guarded, rounds))
    return table(bench, 'An event of a stream (200 bytes, 100 a second in each)', rounds, compared)
  } finally {
    await Promise.all([...running, upstream].map(each => each.stop()))
  }
}

/** The order changes in the middle, so that whoever opened its streams first is not always the same. */
async function eventPair(bench: Bench, subject: Running, against: Running, rounds: number): Promise<Compared> {
  bench.say(`events: ${subject.name}`)
  const half = Math.ceil(rounds / 2)
  const one = await eventCosts(bench, [subject, against], WINDOW_SECONDS, half)
  const two = await eventCosts(bench, [against, subject], WINDOW_SECONDS, half)
  return {
    name: subject.name,
    own: [...one.mainOwn, ...two.mainOthers],
    others: [...one.mainOthers, ...two.mainOwn]
  }
}

function table(bench: Bench, title: string, rounds: number, compared: readonly Compared[]): Section {
  return {
    title,
    notes: [
      `CPU of the main thread beside "${GUARDED.name}", ${rounds} rounds of ${WINDOW_SECONDS} s. The first line is noise.`,
      bench.neighbours.verdict().sentence
    ],
    head: HEAD,
    rows: compared.map(({ name, own, others }) => {
      const ratios = ratiosOf(own, others)
      const more = (share: number) => `${figure((share - 1) * 100)} %`
      const middle = `${more(quantile(ratios, 0.25))} to ${more(quantile(ratios, 0.75))}`
      return [name, more(median(ratios)), middle, figure(median(own)), figure(median(others))]
    }),
    raw: compared
  }
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { quick: { type: 'boolean', default: false }, first: { type: 'boolean', default: false } }
})
const bench = openBench({ isFull: false, isOwn: false, goesFirst: values.first })
const rounds = values.quick ? 7 : 25
try {
  process.stdout.write(`${bench.describe()}\n`)
  for (const [name, measure] of [
    ['requests', requests],
    ['events', events]
  ] as const) {
    if (positionals.length > 0 && !positionals.includes(name)) continue
    process.stdout.write(`${markdown(await measure(bench, rounds))}\n`)
  }
} finally {
  await bench.close()
}
