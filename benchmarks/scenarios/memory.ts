/** What an idle stream and an idle connection hold, and whether memory grows with the number of requests served. */
import { setTimeout as sleep } from 'node:timers/promises'
import { Type } from '@sinclair/typebox'
import { alternate, type Bench, present, type Scenario, sample, startAll, usage } from '../harness/bench.ts'
import { Helper } from '../harness/errands.ts'
import { type Figure, memoryName } from '../harness/figures.ts'
import { LOAD_CORE } from '../harness/machine.ts'
import { cell, figure, percent, type Section } from '../harness/report.ts'
import { median, type Spread, spreadOf } from '../harness/statistics.ts'
import type { Load } from '../load/chat-request.ts'
import { StreamClient } from '../load/stream-client.ts'
import { envoy, fastGateway } from '../subjects/gateways.ts'
import { buildPackage } from '../subjects/package.ts'
import { bareNode, httpProxy, nginx } from '../subjects/peers.ts'
import { CHAT_PATH, type Running, SMALL_POST, type Subject, startSubject } from '../subjects/subject.ts'
import { BARE, tacit, USUAL } from '../subjects/tacit.ts'
import { startAnswers, startStreams, type Upstream } from '../upstreams/upstream.ts'

const THOUSAND = 1000
/** Time for buffers to be given back after a thousand were opened. */
const SETTLE_MS = 1000
const REQUESTS = 100_000
/** A subject that is silent for so long has failed; a shorter silence may be the machine's. */
const SILENT_SECONDS = 10
const IDLE = { keepAlive: '10m' }

/** How much resident memory streams, connections and requests take, and whether it stays. */
export const memory: Scenario = {
  name: 'memory',
  summary: 'Memory of an idle stream and connection; over 100,000 requests (longer runs).',
  async run(bench) {
    bench.say('memory: building the package')
    const root = buildPackage(bench.children.folder)
    const sections = [await idle(bench, STREAMS, root), await idle(bench, CONNECTIONS, root)]
    if (bench.isFull) sections.push(await overRequests(bench, root))
    return sections
  }
}

/** Something that a client opens by the thousand and leaves alone. */
interface Kind {
  readonly name: 'stream' | 'connection'
  readonly how: string
  /** @param root of the built gateway */
  subjects(bench: Bench, root: string): readonly Subject[]
  upstream(bench: Bench): Promise<Upstream>
  client(bench: Bench): { open(running: Running): Promise<unknown>; stop(): Promise<void> }
}

function others(bench: Bench): readonly Subject[] {
  return bench.isFull
    ? [nginx(bench.machine), bareNode, httpProxy, fastGateway, envoy]
    : [nginx(bench.machine), bareNode]
}

const STREAMS: Kind = {
  name: 'stream',
  how: 'had its first event',
  subjects: (bench, root) => [...others(bench), tacit(BARE, root), tacit(USUAL, root)],
  upstream: bench => startStreams(bench.children, undefined),
  client: bench => {
    const client = new StreamClient(bench.children)
    return { open: running => client.open(running, THOUSAND), stop: () => client.stop() }
  }
}

const CONNECTIONS: Kind = {
  name: 'connection',
  how: 'had its one request answered',
  subjects: (bench, root) => {
    const usual = tacit({ ...USUAL, ...IDLE }, root)
    return bench.isFull ? [...others(bench), tacit({ ...BARE, ...IDLE }, root), usual] : [bareNode, usual]
  },
  upstream: bench => startAnswers(bench.machine, bench.children, bench.isOwn),
  client: bench => {
    const helper = new Helper(bench.children, LOAD_CORE, new URL('../load/connections.ts', import.meta.url))
    let opened = 0
    return {
      open: async ({ port, headers = {} }) => {
        await helper.ask('open', { port, path: CHAT_PATH, connections: THOUSAND, headers }, Type.Null())
        opened += THOUSAND
        const left = await helper.ask('count', null, Type.Integer())
        if (left !== opened) throw new Error(`${opened - left} of ${opened} idle connections were closed`)
      },
      stop: () => helper.stop()
    }
  }
}

async function idle(bench: Bench, kind: Kind, root: string): Promise<Section> {
  const rounds = bench.isFull ? 5 : 2
  const upstream = await kind.upstream(bench)
  const { here: subjects, notes } = await present(bench, kind.subjects(bench, root))
  try {
    const samples = await alternate(subjects, rounds, async (subject, round) => {
      bench.say(`memory: idle ${kind.name}s, round ${round + 1} of ${rounds}, ${subject.name}`)
      const running = await startSubject(subject, bench.children, upstream)
      const client = kind.client(bench)
      const openThousand = async () => {
        await client.open(running)
        await sleep(SETTLE_MS)
        return usage(running).rssBytes
      }
      try {
        await sleep(SETTLE_MS)
        return [usage(running).rssBytes, await openThousand(), await openThousand()] as const
      } finally {
        await Promise.all([client.stop(), running.stop()])
      }
    })
    const of = (index: number) => {
      const own = samples[index] ?? []
      const each = (before: 0 | 1, after: 1 | 2) => spreadOf(own.map(at => (at[after] - at[before]) / THOUSAND))
      return { before: spreadOf(own.map(at => at[0])), first: each(0, 1), second: each(1, 2) }
    }
    return {
      title: `Memory: idle ${kind.name}s`,
      notes: [
        `A fresh process each time, ${rounds} rounds; resident memory ${SETTLE_MS / 1000} s after the last of 1,000 and of 2,000 ${kind.name}s ${kind.how}.`,
        'The gateway is the built package, as it is installed.',
        ...notes
      ],
      head: ['', 'RSS before, MiB', `KiB a ${kind.name}, first thousand`, `KiB a ${kind.name}, second thousand`],
      rows: subjects.map((subject, index) => {
        const { before, first, second } = of(index)
        return [subject.name, cell(scaled(before, 2 ** 20)), cell(scaled(first, 1024)), cell(scaled(second, 1024))]
      }),
      raw: subjects.map((subject, index) => ({ subject: subject.name, rssBytes: samples[index] })),
      plots: [
        {
          file: `memory-idle-${kind.name}s`,
          title: `Memory of an idle ${kind.name}, second thousand`,
          axis: 'KiB',
          marks: subjects.map((subject, index) => ({
            label: subject.name,
            spread: scaled(of(index).second, 1024),
            isOurs: subject.name.startsWith(BARE.name)
          }))
        }
      ],
      figures: kind === STREAMS ? subjects.flatMap((subject, index) => figuresOf(subject.name, of(index))) : []
    }
  } finally {
    await upstream.stop()
  }
}

function figuresOf(
  subject: string,
  { before, second }: { readonly before: Spread; readonly second: Spread }
): Figure[] {
  return [
    { name: memoryName('RSS before streams', subject), spread: before, isDoubted: false },
    { name: memoryName('per stream, second thousand', subject), spread: second, isDoubted: false }
  ]
}

/** The same in another unit. */
function scaled(spread: Spread, by: number): Spread {
  return { ...spread, median: spread.median / by, low: spread.low / by, high: spread.high / by }
}

async function overRequests(bench: Bench, root: string): Promise<Section> {
  const upstream = await startAnswers(bench.machine, bench.children, bench.isOwn)
  const { running, notes } = await startAll(bench, [bareNode, tacit(USUAL, root)], upstream)
  const load = { ...SMALL_POST, connections: 64 }
  try {
    const results = []
    for (const each of running) {
      bench.say(`memory: ${REQUESTS} requests, ${each.name}`)
      const warmUp = await rssOver(bench, each, load)
      results.push({ subject: each.name, warmUp, ...(await rssOver(bench, each, load)) })
    }
    return {
      title: `Memory: over ${REQUESTS.toLocaleString('en')} requests`,
      notes: [
        'After as many to warm up. Resident memory at the end of each second: median of the first and of the last three.',
        bench.neighbours.verdict().sentence,
        ...notes
      ],
      head: ['', 'requests', 'RSS at first, MiB', 'RSS at last, MiB', 'change'],
      rows: results.map(({ subject, requests, rssBytes }) => {
        const [first, last] = [median(rssBytes.slice(0, 3)), median(rssBytes.slice(-3))]
        return [subject, figure(requests), figure(first / 2 ** 20), figure(last / 2 ** 20), percent(last / first - 1)]
      }),
      raw: results
    }
  } finally {
    await Promise.all([...running, upstream].map(each => each.stop()))
  }
}

/** Sends the requests, second by second. @returns resident memory after each second */
async function rssOver(bench: Bench, running: Running, load: Omit<Load, 'seconds'>) {
  const rssBytes: number[] = []
  let requests = 0
  let silentSeconds = 0
  while (requests < REQUESTS) {
    const window = await sample(bench, running, { ...load, seconds: 1 })
    silentSeconds = window.requests === 0 ? silentSeconds + 1 : 0
    if (silentSeconds === SILENT_SECONDS) throw new Error(`${running.name} answered nothing for ${SILENT_SECONDS} s`)
    requests += window.requests
    rssBytes.push(window.rssBytes)
  }
  return { requests, rssBytes }
}
