/** What an event costs two subjects that carry streams at the same time: the ratios to trust of streaming. */
import { setTimeout as sleep } from 'node:timers/promises'
import { type Bench, startAll, usage } from '../harness/bench.ts'
import { eventRatioName } from '../harness/figures.ts'
import { cell, figure, type Section } from '../harness/report.ts'
import { median, ratiosOf, type Spread, spreadOf } from '../harness/statistics.ts'
import { isNoisy } from '../harness/verdict.ts'
import { EVENT_BYTES } from '../load/stamped-events.ts'
import { StreamClient } from '../load/stream-client.ts'
import { bareNode, nginx } from '../subjects/peers.ts'
import type { Running } from '../subjects/subject.ts'
import { BARE, tacit, USUAL } from '../subjects/tacit.ts'
import { startStreams } from '../upstreams/upstream.ts'

/** Each of the two carries half of them. */
const STREAMS = 100
const PERIOD_MS = 10
const WARM_UP_SECONDS = 5

const AGAIN = `${BARE.name}, again`
const PAIRS: readonly (readonly [string, string])[] = [
  [AGAIN, BARE.name],
  [BARE.name, 'nginx'],
  [USUAL.name, 'nginx']
]
/** What a longer run asks, too. */
const MORE_PAIRS: typeof PAIRS = [[BARE.name, bareNode.name]]

/** Both on core 0 at the same time, half of the streams each. The first pair is noise. */
export async function eventPairs(bench: Bench): Promise<Section> {
  const [windowSeconds, rounds] = bench.isFull ? [4, 9] : [1.5, 5]
  const upstream = await startStreams(bench.children, PERIOD_MS)
  const ours = [tacit(BARE), { ...tacit(BARE), name: AGAIN }, tacit(USUAL)]
  const subjects = [nginx(bench.machine), ...(bench.isFull ? [bareNode] : []), ...ours]
  const { running, notes } = await startAll(bench, subjects, upstream)
  const find = (name: string) => running.find(each => each.name === name)
  try {
    const results = []
    for (const [name, other] of bench.isFull ? [...PAIRS, ...MORE_PAIRS] : PAIRS) {
      const [subject, against] = [find(name), find(other)]
      if (subject === undefined || against === undefined) continue
      bench.say(`streaming: ${name} beside ${other}`)
      results.push({
        subject: name,
        against: other,
        ...(await eventCosts(bench, [subject, against], windowSeconds, rounds))
      })
    }
    const [noise] = results
    return {
      title: `Streaming: CPU per event, two at once, ${STREAMS} streams, an event of ${EVENT_BYTES} bytes every ${PERIOD_MS} ms`,
      notes: [
        `Both on core 0 at the same time, ${STREAMS / 2} streams each; warm-up ${WARM_UP_SECONDS} s, ${rounds} rounds of ${windowSeconds} s. The first line is noise.`,
        bench.neighbours.verdict().sentence,
        ...notes
      ],
      head: ['', 'against', 'ratio of CPU', 'µs/event', 'µs/event against'],
      rows: results.map(({ subject, against, ratio, own, others }) => [
        subject,
        against,
        cell(ratio),
        figure(median(own)),
        figure(median(others))
      ]),
      raw: results,
      figures: results.map(({ subject, against, ratio }) => ({
        name: eventRatioName(subject, against),
        spread: ratio,
        isDoubted: noise === undefined || isNoisy(noise.ratio)
      }))
    }
  } finally {
    await Promise.all([...running, upstream].map(each => each.stop()))
  }
}

/** CPU of both per event, in µs, window by window: of all threads, and of the main one alone. */
export interface EventCosts {
  readonly own: number[]
  readonly others: number[]
  readonly ratio: Spread
  readonly mainOwn: number[]
  readonly mainOthers: number[]
}

/** What an event costs two subjects, each with half of the streams, which stay open throughout. */
export async function eventCosts(
  bench: Bench,
  both: readonly [Running, Running],
  windowSeconds: number,
  rounds: number
): Promise<EventCosts> {
  const clients = both.map(() => new StreamClient(bench.children))
  const usages: [number[], number[]] = [[], []]
  const mains: [number[], number[]] = [[], []]
  try {
    await Promise.all(both.map((subject, index) => clients[index]?.open(subject, STREAMS / 2)))
    await sleep(WARM_UP_SECONDS * 1000)
    for (let round = 0; round < rounds; round++) {
      await Promise.all(clients.map(client => client.begin()))
      const watched = bench.neighbours.watch()
      const before = both.map(usage)
      await sleep(windowSeconds * 1000)
      const after = both.map(usage)
      watched()
      const counted = await Promise.all(clients.map(client => client.end()))
      for (const place of [0, 1] as const) {
        const usedUs = (after[place]?.cpuUs ?? Number.NaN) - (before[place]?.cpuUs ?? Number.NaN)
        const mainUs = (after[place]?.mainUs ?? Number.NaN) - (before[place]?.mainUs ?? Number.NaN)
        const events = counted[place]?.events ?? Number.NaN
        usages[place].push(usedUs / events)
        mains[place].push(mainUs / events)
      }
    }
  } finally {
    await Promise.all(clients.map(client => client.stop()))
  }
  const [own, others] = usages
  const [mainOwn, mainOthers] = mains
  return { own, others, ratio: spreadOf(ratiosOf(own, others)), mainOwn, mainOthers }
}
