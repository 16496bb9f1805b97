/** What a stream of events costs, and how much later its events arrive than without anything between. */
import { setTimeout as sleep } from 'node:timers/promises'
import { Type } from '@sinclair/typebox'
import { alternate, type Bench, type Scenario, startAll, usage } from '../harness/bench.ts'
import { Helper } from '../harness/errands.ts'
import { LOAD_CORE } from '../harness/machine.ts'
import { cell, figure, percent, type Section } from '../harness/report.ts'
import { median, ratiosOf, spreadOf } from '../harness/statistics.ts'
import { bareNode, httpProxy, nginx } from '../subjects/peers.ts'
import { CHAT_PATH, direct, type Running } from '../subjects/subject.ts'
import { BARE, tacit, USUAL } from '../subjects/tacit.ts'
import { startStreams } from '../upstreams/upstream.ts'

/** Streams at once, and how often each has an event. */
interface Rate {
  readonly streams: number
  readonly periodMs: number
}

const QUICK: readonly Rate[] = [{ streams: 100, periodMs: 10 }]
const FULL: readonly Rate[] = [...QUICK, { streams: 500, periodMs: 40 }, { streams: 1000, periodMs: 40 }]

const Opened = Type.Object({ firstByteP50Us: Type.Number() })
const Counted = Type.Object({
  events: Type.Integer(),
  merged: Type.Integer(),
  broken: Type.Integer(),
  p50Us: Type.Number(),
  p99Us: Type.Number(),
  p999Us: Type.Number()
})

/** Endless event streams at a fixed rate through every subject. */
export const streaming: Scenario = {
  name: 'streaming',
  summary: 'Latency, merging and CPU of server-sent events.',
  async run(bench) {
    const sections: Section[] = []
    for (const rate of bench.isFull ? FULL : QUICK) sections.push(await atRate(bench, rate))
    return sections
  }
}

async function atRate(bench: Bench, rate: Rate): Promise<Section> {
  const warmUpSeconds = bench.isFull ? 5 : 2
  const windowSeconds = bench.isFull ? 10 : 4
  const rounds = bench.isFull ? 7 : 3
  const upstream = await startStreams(bench.children, rate.periodMs)
  const client = new Helper(bench.children, LOAD_CORE, new URL('../load/streams.ts', import.meta.url))
  const subjects = [nginx(bench.machine), bareNode, tacit(BARE), tacit(USUAL), httpProxy]
  const { running, notes } = await startAll(bench, subjects, upstream.port)
  const between: readonly Running[] = [
    { ...direct(upstream.port), name: 'direct, again' },
    direct(upstream.port),
    ...running
  ]
  try {
    const samples = await alternate(between, rounds, async (each, round) => {
      bench.say(`streaming: ${rate.streams} streams, round ${round + 1} of ${rounds}, ${each.name}`)
      const job = { port: each.port, path: CHAT_PATH, streams: rate.streams }
      const opened = await client.ask('open', job, Opened)
      await sleep(warmUpSeconds * 1000)
      await client.ask('begin', null, Type.Null())
      const watched = bench.neighbours.watch()
      const before = usage(each)
      await sleep(windowSeconds * 1000)
      const after = usage(each)
      watched()
      const counted = await client.ask('end', null, Counted)
      await client.ask('close', null, Type.Null())
      const cpuUs = (after.cpuUs - before.cpuUs) / counted.events
      return { ...opened, ...counted, cpuUs, rssBytes: after.rssBytes }
    })
    const planned = (rate.streams * windowSeconds * 1000) / rate.periodMs
    const bare = between.findIndex(each => each.name === bareNode.name)
    const straight = samples[1] ?? []
    const rows = between.map((each, index) => {
      const own = samples[index] ?? []
      const middle = (value: (of: (typeof own)[number]) => number) => median(own.map(value))
      const added = own.map((of, round) => (of.p50Us - (straight[round]?.p50Us ?? Number.NaN)) / 1000)
      const costs = own.map(of => of.cpuUs)
      const ratios = ratiosOf(
        costs,
        (samples[bare] ?? own).map(of => of.cpuUs)
      )
      const isBetween = each.pid !== undefined
      return [
        each.name,
        isBetween ? cell(spreadOf(costs)) : '–',
        isBetween ? cell(spreadOf(ratios)) : '–',
        cell(spreadOf(own.map(of => of.p50Us / 1000))),
        cell(spreadOf(own.map(of => of.p99Us / 1000))),
        figure(middle(of => of.p999Us / 1000)),
        each.name === 'direct' ? '–' : addedCell(added),
        percent(middle(of => of.merged / of.events)),
        figure(middle(of => of.firstByteP50Us / 1000)),
        percent(middle(of => of.events / planned)),
        figure(own.reduce((sum, of) => sum + of.broken, 0))
      ]
    })
    return {
      title: `Streaming: ${rate.streams} streams, an event of 200 bytes every ${rate.periodMs} ms`,
      notes: [
        `Latency from the write of an event at the upstream to its arrival; warm-up ${warmUpSeconds} s, ${rounds} rounds of ${windowSeconds} s, order reversed each round;`,
        'medians. "merged" events arrived in one read with an earlier one. The first line is noise: direct against direct.',
        bench.neighbours.sentence(),
        ...notes
      ],
      head: [
        '',
        'CPU µs/event',
        `× ${bareNode.name}`,
        'p50 ms',
        'p99 ms',
        'p99.9 ms',
        'added p50 ms',
        'merged',
        'first event p50 ms',
        'arrived of planned',
        'broken'
      ],
      rows,
      raw: { rate, samples: between.map((each, index) => ({ subject: each.name, samples: samples[index] })) }
    }
  } finally {
    await Promise.all([...running, upstream, client].map(each => each.stop()))
  }
}

/** Differences may be near zero, where a relative spread says nothing: the range is printed whatever it is. */
function addedCell(addedMs: readonly number[]): string {
  const { median: middle, low, high } = spreadOf(addedMs)
  return `${figure(middle)} [${figure(low)}–${figure(high)}]`
}
