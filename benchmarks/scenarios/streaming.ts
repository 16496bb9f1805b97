/** What a stream of events costs, and how much later its events arrive than without anything between. */
import { setTimeout as sleep } from 'node:timers/promises'
import { alternate, type Bench, type Scenario, startAll, usage } from '../harness/bench.ts'
import { type Figure, type StreamMeasure, streamName } from '../harness/figures.ts'
import { cell, difference, figure, percent, type Section } from '../harness/report.ts'
import { isUnsteady, median, ratiosOf, type Spread, spreadOf } from '../harness/statistics.ts'
import { EVENT_BYTES } from '../load/stamped-events.ts'
import { type Counted, type Opened, StreamClient } from '../load/stream-client.ts'
import { bifrost, envoy, fastGateway, litellm, portkey } from '../subjects/gateways.ts'
import { bareNode, httpProxy, nginx } from '../subjects/peers.ts'
import { direct, type Running, type Subject } from '../subjects/subject.ts'
import { BARE, tacit, USUAL } from '../subjects/tacit.ts'
import { startStreams } from '../upstreams/upstream.ts'
import { eventPairs } from './event-pairs.ts'

/** Streams at once, and how often each has an event. */
interface Rate {
  readonly streams: number
  readonly periodMs: number
}

const BASE: Rate = { streams: 100, periodMs: 10 }
const MANY: Rate = { streams: 1000, periodMs: 40 }
/** 100, 500 and 1,000 streams, each at two rates. More than 25,000 events a second would measure the load's core. */
const FULL: readonly Rate[] = [
  BASE,
  { streams: 100, periodMs: 40 },
  { streams: 500, periodMs: 40 },
  { streams: 500, periodMs: 100 },
  MANY,
  { streams: 1000, periodMs: 100 }
]

/** Programs are warmed up once; streams that were just opened need less. */
const WARM_UP_SECONDS = 5
const SETTLE_SECONDS = 1

/** Endless event streams at a fixed rate through every subject. */
export const streaming: Scenario = {
  name: 'streaming',
  summary: 'Latency, merging and CPU of server-sent events.',
  async run(bench) {
    const sections: Section[] = [await eventPairs(bench)]
    const few = [nginx(bench.machine), bareNode, tacit(BARE)]
    const usual = [...few, tacit(USUAL)]
    const all = [...usual, envoy, httpProxy, fastGateway, portkey, litellm, bifrost]
    if (!bench.isFull) {
      sections.push(await atRate(bench, BASE, usual), await atRate(bench, MANY, few))
    } else {
      for (const rate of FULL) sections.push(await atRate(bench, rate, rate === BASE || rate === MANY ? all : usual))
    }
    return sections
  }
}

/** One subject for one window. */
interface Window extends Opened, Counted {
  /** CPU of the subject for each event; NaN where there is none. */
  readonly cpuUs: number
  readonly rssBytes: number
}

async function atRate(bench: Bench, rate: Rate, subjects: readonly Subject[]): Promise<Section> {
  const windowSeconds = bench.isFull ? 10 : 2
  const rounds = bench.isFull ? 7 : 3
  const upstream = await startStreams(bench.children, rate.periodMs)
  const client = new StreamClient(bench.children)
  const { running, notes } = await startAll(bench, subjects, upstream)
  const straight = direct(upstream.port)
  const again = { ...straight, name: `${straight.name}, again` }
  const all: readonly Running[] = [again, straight, ...running]
  const failed = new Map<string, string>()

  const window = async (subject: Running, round: number): Promise<Window> => {
    bench.say(`streaming: ${rate.streams} streams, round ${round + 1} of ${rounds}, ${subject.name}`)
    const opened = await client.open(subject, rate.streams)
    const isCold = round === 0 && subject.pid !== undefined
    await sleep((isCold ? WARM_UP_SECONDS : SETTLE_SECONDS) * 1000)
    await client.begin()
    const watched = bench.neighbours.watch()
    const before = usage(subject)
    await sleep(windowSeconds * 1000)
    const after = usage(subject)
    watched()
    const counted = await client.end()
    await client.close()
    const cpuUs = (after.cpuUs - before.cpuUs) / counted.events
    return { ...opened, ...counted, cpuUs, rssBytes: after.rssBytes }
  }
  /** A subject that does not bear the streams is left out from then on; the others can still be measured. */
  const measure = async (subject: Running, round: number): Promise<Window | undefined> => {
    if (failed.has(subject.name)) return undefined
    try {
      return await window(subject, round)
    } catch (error) {
      const [reason = ''] = (error instanceof Error ? error.message : 'it failed').split('\n')
      bench.say(`LEFT OUT: ${subject.name}: ${reason}`)
      failed.set(subject.name, reason)
      await client.close()
      return undefined
    }
  }

  try {
    const windows = await alternate(all, rounds, measure)
    const neighbours = bench.neighbours.verdict()
    const of = (name: string) =>
      failed.has(name)
        ? []
        : (windows[all.findIndex(each => each.name === name)] ?? []).filter(each => each !== undefined)
    const doubts = doubtsOf([of(again.name), of(straight.name)], neighbours.isBusy)
    const planned = (rate.streams * windowSeconds * 1000) / rate.periodMs
    const measured = all.filter(each => !failed.has(each.name))
    return {
      title: `Streaming: ${rate.streams} streams, an event of ${EVENT_BYTES} bytes every ${rate.periodMs} ms`,
      notes: [
        `Latency from the write of an event at the upstream to its arrival; warm-up ${WARM_UP_SECONDS} s, ${rounds} rounds of ${windowSeconds} s, order reversed each round;`,
        'medians. "merged" events arrived in one read with an earlier one. The first line is noise: direct against direct.',
        neighbours.sentence,
        ...notes,
        ...[...failed].map(([name, reason]) => `${name} was left out: ${reason}.`)
      ],
      head: HEAD,
      rows: measured.map(subject => [
        subject.name,
        ...costCells(of(subject.name), of('nginx'), of(bareNode.name)),
        ...latencyCells(of(subject.name), of(straight.name), doubts),
        percent(median(of(subject.name).map(window => window.events / planned))),
        figure(of(subject.name).reduce((sum, window) => sum + window.broken, 0))
      ]),
      raw: { rate, samples: all.map(({ name }) => ({ subject: name, samples: of(name) })) },
      figures: running
        .filter(each => !failed.has(each.name))
        .flatMap(({ name }) => figuresOf(rate, name, of(name), of(straight.name), doubts)),
      plots: plotsOf(
        rate,
        measured.filter(each => each !== again).map(({ name }) => ({ name, windows: of(name) }))
      )
    }
  } finally {
    await Promise.all([...running, upstream, client].map(each => each.stop()))
  }
}

const HEAD: readonly string[] = [
  '',
  'CPU µs/event',
  '× nginx',
  `× ${bareNode.name}`,
  'p50 ms',
  'added p50 ms',
  'p99 ms',
  'p99.9 ms',
  'first event p50 ms',
  'added first event ms',
  'merged',
  'arrived of planned',
  'broken'
]

function costCells(own: readonly Window[], ...bases: readonly (readonly Window[])[]): string[] {
  const costs = own.map(window => window.cpuUs)
  if (costs.every(Number.isNaN)) return ['–', ...bases.map(() => '–')]
  const ratios = bases.map(base => {
    const others = base.map(window => window.cpuUs)
    return others.length === costs.length ? cell(spreadOf(ratiosOf(costs, others))) : '–'
  })
  return [cell(spreadOf(costs)), ...ratios]
}

/** How much later than without anything between, in ms, round by round. */
function added(own: readonly Window[], straight: readonly Window[], us: (window: Window) => number): Spread {
  return spreadOf(
    own.map((window, round) => {
      const base = straight[round]
      return (us(window) - (base === undefined ? Number.NaN : us(base))) / 1000
    })
  )
}

/** Whether medians and tails are worth nothing. */
interface Doubts {
  readonly p50: boolean
  readonly p99: boolean
}

/** Streams with nothing between must agree with themselves, or what stands between was not what was measured. */
function doubtsOf(straight: readonly (readonly Window[])[], isBusy: boolean): Doubts {
  const disagree = (us: (window: Window) => number) => straight.some(own => isUnsteady(spreadOf(own.map(us))))
  return { p50: isBusy || disagree(window => window.p50Us), p99: isBusy || disagree(window => window.p99Us) }
}

function latencyCells(own: readonly Window[], straight: readonly Window[], doubts: Doubts): string[] {
  const inMs = (us: (window: Window) => number, isDoubted: boolean) =>
    cell(spreadOf(own.map(window => us(window) / 1000)), isDoubted)
  const over = (us: (window: Window) => number) =>
    own === straight ? '–' : difference(added(own, straight, us), doubts.p50)
  return [
    inMs(window => window.p50Us, doubts.p50),
    over(window => window.p50Us),
    inMs(window => window.p99Us, doubts.p99),
    inMs(window => window.p999Us, doubts.p99),
    inMs(window => window.firstByteP50Us, doubts.p50),
    over(window => window.firstByteP50Us),
    doubts.p99 ? 'too noisy' : percent(median(own.map(window => window.merged / window.events)))
  ]
}

function figuresOf(
  { streams, periodMs }: Rate,
  subject: string,
  own: readonly Window[],
  straight: readonly Window[],
  doubts: Doubts
): Figure[] {
  const figure = (measure: StreamMeasure, spread: Spread, isDoubted: boolean) => {
    return { name: streamName(streams, periodMs, measure, subject), spread, isDoubted }
  }
  return [
    figure(
      'added p50 ms',
      added(own, straight, window => window.p50Us),
      doubts.p50
    ),
    figure('p99 ms', spreadOf(own.map(window => window.p99Us / 1000)), doubts.p99),
    figure('merged %', spreadOf(own.map(window => (window.merged / window.events) * 100)), doubts.p99)
  ]
}

function plotsOf({ streams, periodMs }: Rate, subjects: readonly { name: string; windows: readonly Window[] }[]) {
  const plot = (kind: string, title: string, axis: string, value: (window: Window) => number) => ({
    file: `streaming-${streams}-every-${periodMs}ms-${kind}`,
    title: `${streams} streams, an event every ${periodMs} ms: ${title}`,
    axis,
    marks: subjects.map(({ name, windows }) => ({
      label: name,
      spread: spreadOf(windows.map(value)),
      isOurs: name.startsWith(BARE.name)
    }))
  })
  return [
    plot('cpu', 'CPU', 'µs per event', window => window.cpuUs),
    plot('p99', 'p99 from write to arrival', 'ms', window => window.p99Us / 1000)
  ]
}
