/** What size costs: many routes, many plugins in a chain, and the time to start and to reload with each. */
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { alternate, type Bench, type Effort, type Scenario, startAll, warmUp } from '../harness/bench.ts'
import { measurePairs, PAIR_HEAD, pairFigures, pairRow } from '../harness/pairs.ts'
import { cell, type Section } from '../harness/report.ts'
import { spreadOf } from '../harness/statistics.ts'
import { type Running, SMALL_POST, startSubject } from '../subjects/subject.ts'
import { BARE, type Chain, FEW_ROUTES, MANY_ROUTES, tacit, USUAL, writeConfiguration } from '../subjects/tacit.ts'
import { startAnswers, type Upstream } from '../upstreams/upstream.ts'

const PASS = fileURLToPath(new URL('../plugins/pass.ts', import.meta.url))
const LONG = 16
const LENGTHS: readonly number[] = [1, 4, LONG]
const RELOADED = '"configuration_reloaded"'
const RELOAD_WITHIN_MS = 30_000
const LOOK_AGAIN_AFTER_MS = 2

const LOAD = { ...SMALL_POST, connections: 32 }

/** A chain of plugins that are asked everywhere and do nothing. */
function chainOf(length: number): Chain {
  return { ...BARE, name: `idle plugins: ${length}`, route: Array.from({ length }, () => PASS) }
}

function effort(bench: Bench): Effort {
  return bench.isFull
    ? { warmUpSeconds: 8, windowSeconds: 5, rounds: 9 }
    : { warmUpSeconds: 5, windowSeconds: 1, rounds: 5 }
}

/** Few routes against many, and chains that grow. */
export const scale: Scenario = {
  name: 'scale',
  summary: 'Routes from 10 to 10,000, plugins in a chain, time to start and to reload.',
  async run(bench) {
    const upstream = await startAnswers(bench.machine, bench.children, bench.isOwn)
    try {
      const many = bench.isFull ? [{ ...BARE, name: '1,000 routes', otherRoutes: 999 }, MANY_ROUTES] : [MANY_ROUTES]
      return [
        await starts(bench, upstream),
        await beside(bench, upstream, 'Scale: routes', FEW_ROUTES, many),
        await beside(bench, upstream, 'Scale: plugins in a chain', BARE, (bench.isFull ? LENGTHS : [LONG]).map(chainOf))
      ]
    } finally {
      await upstream.stop()
    }
  }
}

/** From the start of the process to the first answer, and from the signal to reload until it is done. */
async function starts(bench: Bench, upstream: Upstream): Promise<Section> {
  const rounds = bench.isFull ? 7 : 2
  const chains = [BARE, USUAL, MANY_ROUTES]
  const times = await alternate(chains, rounds, async (chain, round) => {
    bench.say(`scale: starting and reloading, round ${round + 1} of ${rounds}, ${chain.name}`)
    const watched = bench.neighbours.watch()
    const startedMs = performance.now()
    const running = await startSubject(tacit(chain), bench.children, upstream)
    const startMs = performance.now() - startedMs
    try {
      return { startMs, reloadMs: await reload(bench, chain, running, upstream.port) }
    } finally {
      watched()
      await running.stop()
    }
  })
  const neighbours = bench.neighbours.verdict()
  const cells = (of: (typeof times)[number]) => [
    cell(spreadOf(of.map(each => each.startMs)), neighbours.isBusy),
    cell(spreadOf(of.map(each => each.reloadMs)), neighbours.isBusy)
  ]
  return {
    title: 'Scale: start and reload',
    notes: [
      `From the start of Node, from source, to the first answer; from SIGHUP, after one route was added, until it is reloaded. ${rounds} times each.`,
      neighbours.sentence
    ],
    head: ['', 'start, ms', 'reload, ms'],
    rows: chains.map((chain, index) => [chain.name, ...cells(times[index] ?? [])]),
    raw: chains.map((chain, index) => ({ chain: chain.name, times: times[index] }))
  }
}

/** Adds a route and waits for the log to say that it counts. @throws Error when it does not */
async function reload(bench: Bench, chain: Chain, running: Running, upstreamPort: number): Promise<number> {
  if (running.pid === undefined) throw new Error('nothing runs that could reload')
  const more = { ...chain, otherRoutes: (chain.otherRoutes ?? 0) + 1 }
  writeConfiguration(bench.children.folder, more, running.port, upstreamPort)
  const askedMs = performance.now()
  process.kill(running.pid, 'SIGHUP')
  while (!running.output().includes(RELOADED)) {
    if (performance.now() - askedMs > RELOAD_WITHIN_MS) throw new Error(`no reload came:\n${running.output()}`)
    await sleep(LOOK_AGAIN_AFTER_MS)
  }
  return performance.now() - askedMs
}

/** Larger chains, each beside the smallest, after the smallest beside itself. */
async function beside(
  bench: Bench,
  upstream: Upstream,
  title: string,
  small: Chain,
  larger: readonly Chain[]
): Promise<Section> {
  const { warmUpSeconds, windowSeconds, rounds } = effort(bench)
  const subjects = [small, { ...small, name: `${small.name}, again` }, ...larger].map(chain => tacit(chain))
  const { running, notes } = await startAll(bench, subjects, upstream)
  try {
    const [base, ...others] = running
    if (base === undefined || others.length !== subjects.length - 1) throw new Error(notes.join('\n'))
    await warmUp(bench, running, LOAD, warmUpSeconds)
    const pairs = others.map(subject => ({ subject, against: base }))
    const results = await measurePairs(bench, pairs, { ...LOAD, seconds: windowSeconds }, rounds)
    return {
      title: `${title}, CPU per request, two at once`,
      notes: [
        `Both on core 0 at the same time, ${LOAD.connections} connections each, ${rounds} rounds of ${windowSeconds} s; the first line is noise.`,
        bench.neighbours.verdict().sentence
      ],
      head: PAIR_HEAD,
      rows: results.map(pairRow),
      raw: results,
      figures: pairFigures(results)
    }
  } finally {
    await Promise.all(running.map(each => each.stop()))
  }
}
