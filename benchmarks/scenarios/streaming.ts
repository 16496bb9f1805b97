/** What a stream of events costs, and how much later its events arrive than without anything between. */
import { setTimeout as sleep } from 'node:timers/promises'
import { Type } from '@sinclair/typebox'
import { alternate, type Bench, type Scenario, startAll, usage } from '../harness/bench.ts'
import { Helper } from '../harness/errands.ts'
import { LOAD_CORE } from '../harness/machine.ts'
import { cell, difference, figure, percent, type Section } from '../harness/report.ts'
import { median, ratiosOf, spreadOf } from '../harness/statistics.ts'
import { EVENT_BYTES } from '../load/stamped-events.ts'
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

/** One subject for one window. */
interface Window {
  readonly firstByteP50Us: number
  readonly events: number
  readonly merged: number
  readonly broken: number
  readonly p50Us: number
  readonly p99Us: number
  readonly p999Us: number
  /** CPU of the subject for each event; NaN where there is none. */
  readonly cpuUs: number
  readonly rssBytes: number
}

async function atRate(bench: Bench, rate: Rate): Promise<Section> {
  const warmUpSeconds = bench.isFull ? 5 : 2
  const windowSeconds = bench.isFull ? 10 : 4
  const rounds = bench.isFull ? 7 : 3
  const upstream = await startStreams(bench.children, rate.periodMs)
  const client = new Helper(bench.children, LOAD_CORE, new URL('../load/streams.ts', import.meta.url))
  const subjects = [nginx(bench.machine), bareNode, tacit(BARE), tacit(USUAL), httpProxy]
  const { running, notes } = await startAll(bench, subjects, upstream)
  const straight = direct(upstream.port)
  const all: readonly Running[] = [{ ...straight, name: `${straight.name}, again` }, straight, ...running]

  const measure = async (subject: Running, round: number): Promise<Window> => {
    bench.say(`streaming: ${rate.streams} streams, round ${round + 1} of ${rounds}, ${subject.name}`)
    const opened = await client.ask('open', { port: subject.port, path: CHAT_PATH, streams: rate.streams }, Opened)
    await sleep(warmUpSeconds * 1000)
    await client.ask('begin', null, Type.Null())
    const watched = bench.neighbours.watch()
    const before = usage(subject)
    await sleep(windowSeconds * 1000)
    const after = usage(subject)
    watched()
    const counted = await client.ask('end', null, Counted)
    await client.ask('close', null, Type.Null())
    const cpuUs = (after.cpuUs - before.cpuUs) / counted.events
    return { ...opened, ...counted, cpuUs, rssBytes: after.rssBytes }
  }

  try {
    const windows = await alternate(all, rounds, measure)
    const neighbours = bench.neighbours.verdict()
    const of = (name: string) => windows[all.findIndex(each => each.name === name)] ?? []
    const planned = (rate.streams * windowSeconds * 1000) / rate.periodMs
    return {
      title: `Streaming: ${rate.streams} streams, an event of ${EVENT_BYTES} bytes every ${rate.periodMs} ms`,
      notes: [
        `Latency from the write of an event at the upstream to its arrival; warm-up ${warmUpSeconds} s, ${rounds} rounds of ${windowSeconds} s, order reversed each round;`,
        'medians. "merged" events arrived in one read with an earlier one. The first line is noise: direct against direct.',
        neighbours.sentence,
        ...notes
      ],
      head: HEAD,
      rows: all.map(subject => [
        subject.name,
        ...costCells(of(subject.name), of(bareNode.name)),
        ...latencyCells(of(subject.name), of(straight.name), neighbours.isBusy),
        percent(median(of(subject.name).map(window => window.events / planned))),
        figure(of(subject.name).reduce((sum, window) => sum + window.broken, 0))
      ]),
      raw: { rate, samples: all.map(({ name }) => ({ subject: name, samples: of(name) })) }
    }
  } finally {
    await Promise.all([...running, upstream, client].map(each => each.stop()))
  }
}

const HEAD: readonly string[] = [
  '',
  'CPU µs/event',
  `× ${bareNode.name}`,
  'p50 ms',
  'added p50 ms',
  'p99 ms',
  'p99.9 ms',
  'first event p50 ms',
  'merged',
  'arrived of planned',
  'broken'
]

function costCells(own: readonly Window[], bare: readonly Window[]): string[] {
  const costs = own.map(window => window.cpuUs)
  if (costs.every(Number.isNaN)) return ['–', '–']
  if (bare.length === 0) return [cell(spreadOf(costs)), '–']
  const base = bare.map(window => window.cpuUs)
  return [cell(spreadOf(costs)), cell(spreadOf(ratiosOf(costs, base)))]
}

function latencyCells(own: readonly Window[], straight: readonly Window[], isDoubted: boolean): string[] {
  const inMs = (us: (window: Window) => number) => cell(spreadOf(own.map(window => us(window) / 1000)), isDoubted)
  const addedMs = own.map((window, round) => (window.p50Us - (straight[round]?.p50Us ?? Number.NaN)) / 1000)
  return [
    inMs(window => window.p50Us),
    own === straight ? '–' : difference(spreadOf(addedMs), isDoubted),
    inMs(window => window.p99Us),
    inMs(window => window.p999Us),
    inMs(window => window.firstByteP50Us),
    isDoubted ? 'too noisy' : percent(median(own.map(window => window.merged / window.events)))
  ]
}
