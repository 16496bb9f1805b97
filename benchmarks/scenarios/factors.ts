/** What one proxied request costs when one thing is not as in the base case: method, size, connections, TLS. */
import {
  alternate,
  type Bench,
  type Effort,
  type Sample,
  type Scenario,
  sampleTogether,
  startAll,
  warmUp
} from '../harness/bench.ts'
import { makeCertificate } from '../harness/certificate.ts'
import { cell, figure, type Section } from '../harness/report.ts'
import { median, ratiosOf, spreadOf } from '../harness/statistics.ts'
import type { Load } from '../load/chat-request.ts'
import { bareNode, bareNodeOver, nginx, nginxOver } from '../subjects/peers.ts'
import { type Running, SMALL_POST, type Subject } from '../subjects/subject.ts'
import { BARE, tacit, USUAL } from '../subjects/tacit.ts'
import { startAnswers } from '../upstreams/upstream.ts'

/** What differs from the base case. */
interface Factor {
  readonly name: string
  readonly load: Omit<Load, 'seconds'>
  readonly isTls?: boolean
}

const BASE = { ...SMALL_POST, connections: 32 }

const FACTORS: readonly Factor[] = [
  { name: 'POST of 1 KiB, 64 connections', load: BASE },
  { name: 'GET', load: { ...BASE, method: 'GET', bodyBytes: 0 } },
  { name: 'POST of 16 KiB', load: { ...BASE, bodyBytes: 16 * 1024 } },
  { name: 'POST of 256 KiB', load: { ...BASE, bodyBytes: 256 * 1024 } },
  { name: '1 connection', load: { ...BASE, connections: 1 } },
  { name: '512 connections', load: { ...BASE, connections: 256 } },
  { name: 'TLS 1.3', load: BASE, isTls: true }
]

function effort(bench: Bench): Effort {
  return bench.isFull
    ? { warmUpSeconds: 8, windowSeconds: 4, rounds: 7 }
    : { warmUpSeconds: 5, windowSeconds: 1, rounds: 3 }
}

/** One factor at a time, the gateway beside its floor. */
export const factors: Scenario = {
  name: 'factors',
  summary: 'CPU per request for GET, sizes, connections and TLS, one at a time.',
  async run(bench) {
    const upstream = await startAnswers(bench.machine, bench.children, bench.isOwn)
    const certificate = makeCertificate(bench.children.folder)
    const plain = pairsOf([tacit(BARE), tacit(USUAL), nginx(bench.machine)], bareNode, bench.isFull)
    const over =
      certificate === undefined
        ? []
        : pairsOf(
            [tacit({ ...BARE, certificate }), tacit({ ...USUAL, certificate }), nginxOver(bench.machine, certificate)],
            bareNodeOver(certificate),
            bench.isFull
          )
    try {
      const sections: Section[] = []
      const open = await startAll(bench, plain, upstream)
      const sealed = await startAll(bench, over, upstream)
      const notes = [
        ...open.notes,
        ...(certificate === undefined ? ['TLS was left out: openssl is not installed.'] : [])
      ]
      try {
        sections.push(await compare(bench, open.running, sealed.running, notes))
      } finally {
        await Promise.all([...open.running, ...sealed.running].map(each => each.stop()))
      }
      return sections
    } finally {
      await upstream.stop()
    }
  }
}

/** The floor first. The longer run also has the chain's twin without plugins, and nginx. */
function pairsOf([bare, usual, proxy]: readonly Subject[], floor: Subject, isFull: boolean): Subject[] {
  return [floor, ...(isFull ? [usual, bare, proxy] : [usual])].filter(each => each !== undefined)
}

async function compare(
  bench: Bench,
  open: readonly Running[],
  sealed: readonly Running[],
  notes: readonly string[]
): Promise<Section> {
  const { warmUpSeconds, windowSeconds, rounds } = effort(bench)
  for (const running of [open, sealed]) if (running.length > 0) await warmUp(bench, running, BASE, warmUpSeconds)
  const cases = FACTORS.flatMap(factor => {
    const [floor, ...subjects] = factor.isTls === true ? sealed : open
    return floor === undefined ? [] : subjects.map(subject => ({ factor, subject, floor }))
  })
  const samples = await alternate(cases, rounds, async ({ factor, subject, floor }, round) => {
    bench.say(`factors: ${factor.name}, round ${round + 1} of ${rounds}, ${subject.name}`)
    return sampleTogether(bench, [subject, floor], { ...factor.load, seconds: windowSeconds })
  })
  const neighbours = bench.neighbours.verdict()
  const results = cases.map(({ factor, subject }, index) => ({
    factor: factor.name,
    subject: subject.name,
    ...summary(samples[index] ?? [])
  }))
  return {
    title: 'Factors: one thing at a time, two at once',
    notes: [
      `Each beside ${bareNode.name}, which gets the same, both on core 0 with half of the connections each; ${rounds} rounds of ${windowSeconds} s. Latency is that of a core shared by two.`,
      neighbours.sentence,
      ...notes
    ],
    head: ['', '', `CPU, × ${bareNode.name}`, 'µs', 'µs of the other', 'requests/s', 'p50 ms', 'p99 ms', 'errors'],
    rows: results.map(each => [
      each.factor,
      each.subject,
      each.errors === 0 ? cell(each.ratio) : `void: ${each.errors} requests failed`,
      cell(each.us),
      figure(each.againstUs),
      cell(each.perSecond, neighbours.isBusy),
      cell(each.p50Ms, neighbours.isBusy),
      cell(each.p99Ms, neighbours.isBusy),
      figure(each.errors)
    ]),
    raw: results.map((each, index) => ({ ...each, samples: samples[index] })),
    plots: [
      {
        file: 'factors-cpu',
        title: `${USUAL.name}: CPU per request, one factor at a time`,
        axis: 'µs per request',
        marks: results
          .filter(each => each.subject === USUAL.name && each.errors === 0)
          .map(each => ({ label: each.factor, spread: each.us, isOurs: true }))
      }
    ]
  }
}

function summary(samples: readonly (readonly Sample[])[]) {
  const [subject, floor] = [0, 1].map(place => samples.flatMap(both => both[place] ?? []))
  const own = subject ?? []
  const others = floor ?? []
  const costs = (of: readonly Sample[]) => of.map(each => each.cpuUs)
  return {
    ratio: spreadOf(ratiosOf(costs(own), costs(others))),
    us: spreadOf(costs(own)),
    againstUs: median(costs(others)),
    perSecond: spreadOf(own.map(each => each.requests / each.seconds)),
    p50Ms: spreadOf(own.map(each => each.p50Us / 1000)),
    p99Ms: spreadOf(own.map(each => each.p99Us / 1000)),
    errors: [...own, ...others].reduce((sum, each) => sum + each.errors, 0)
  }
}
