/** What an idle stream holds, and whether memory grows with the number of requests served. */
import { setTimeout as sleep } from 'node:timers/promises'
import { Type } from '@sinclair/typebox'
import { alternate, type Bench, type Scenario, sample, startAll, usage } from '../harness/bench.ts'
import { Helper } from '../harness/errands.ts'
import { LOAD_CORE } from '../harness/machine.ts'
import { cell, figure, percent, type Section } from '../harness/report.ts'
import { median, spreadOf } from '../harness/statistics.ts'
import type { Load } from '../load/chat-request.ts'
import { bareNode, httpProxy, nginx } from '../subjects/peers.ts'
import { CHAT_PATH, type Running, SMALL_POST, startSubject } from '../subjects/subject.ts'
import { BARE, tacit, USUAL } from '../subjects/tacit.ts'
import { startAnswers, startStreams } from '../upstreams/upstream.ts'

const THOUSAND = 1000
/** Time for buffers to be given back after a thousand streams were opened. */
const SETTLE_MS = 2000
const REQUESTS = 100_000
/** A subject that is silent for so long has failed; a shorter silence may be the machine's. */
const SILENT_SECONDS = 10

/** How much resident memory streams and requests take, and whether it stays. */
export const memory: Scenario = {
  name: 'memory',
  summary: 'Memory of an idle stream, and over 100,000 requests.',
  async run(bench) {
    return [await idleStreams(bench), await overRequests(bench)]
  }
}

async function idleStreams(bench: Bench): Promise<Section> {
  const rounds = bench.isFull ? 5 : 2
  const upstream = await startStreams(bench.children, undefined)
  const all = [nginx(bench.machine), bareNode, tacit(BARE), tacit(USUAL), httpProxy]
  const probe = await startAll(bench, all, upstream)
  const subjects = all.filter(each => probe.running.some(running => running.name === each.name))
  await Promise.all(probe.running.map(each => each.stop()))
  try {
    const samples = await alternate(subjects, rounds, async (subject, round) => {
      bench.say(`memory: idle streams, round ${round + 1} of ${rounds}, ${subject.name}`)
      const running = await startSubject(subject, bench.children, upstream)
      const client = new Helper(bench.children, LOAD_CORE, new URL('../load/streams.ts', import.meta.url))
      const openThousand = async () => {
        const job = { port: running.port, path: CHAT_PATH, streams: THOUSAND }
        await client.ask('open', job, Type.Object({ firstByteP50Us: Type.Number() }))
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
    return {
      title: 'Memory: idle streams',
      notes: [
        `A fresh process each time, ${rounds} rounds; resident memory ${SETTLE_MS / 1000} s after the last of 1,000 and of 2,000 streams had its first event.`,
        ...probe.notes
      ],
      head: ['', 'RSS without streams, MiB', 'KiB a stream, first thousand', 'KiB a stream, second thousand'],
      rows: subjects.map((subject, index) => {
        const own = samples[index] ?? []
        const perStream = (before: 0 | 1, after: 1 | 2) =>
          spreadOf(own.map(of => (of[after] - of[before]) / THOUSAND / 1024))
        return [
          subject.name,
          cell(spreadOf(own.map(of => of[0] / 2 ** 20))),
          cell(perStream(0, 1)),
          cell(perStream(1, 2))
        ]
      }),
      raw: subjects.map((subject, index) => ({ subject: subject.name, rssBytes: samples[index] }))
    }
  } finally {
    await upstream.stop()
  }
}

async function overRequests(bench: Bench): Promise<Section> {
  const upstream = await startAnswers(bench.machine, bench.children, bench.isOwn)
  const { running, notes } = await startAll(bench, [bareNode, tacit(USUAL)], upstream)
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
