/** What one proxied request costs: POST of 1 KB, answered with 500 bytes, over 64 connections. */
import {
  alternate,
  type Bench,
  type Effort,
  type Sample,
  type Scenario,
  sample,
  startAll,
  warmUp
} from '../harness/bench.ts'
import { measurePairs, PAIR_HEAD, pairFigures, pairRow } from '../harness/pairs.ts'
import { cell, figure, type Section } from '../harness/report.ts'
import { ratiosOf, spreadOf } from '../harness/statistics.ts'
import { bifrost, envoy, fastGateway, litellm, portkey } from '../subjects/gateways.ts'
import { bareNode, haproxy, httpProxy, nginx, nginxLimiting } from '../subjects/peers.ts'
import { type Running, SMALL_POST } from '../subjects/subject.ts'
import { BARE, KEY_AUTH, LIMITED, METERED, tacit, USUAL } from '../subjects/tacit.ts'
import { startAnswers, type Upstream } from '../upstreams/upstream.ts'

const CONNECTIONS = 64

const BASE = { ...SMALL_POST, connections: CONNECTIONS }

function effort(bench: Bench): Effort {
  return bench.isFull
    ? { warmUpSeconds: 8, windowSeconds: 5, rounds: 9 }
    : { warmUpSeconds: 5, windowSeconds: 1, rounds: 5 }
}

/** Small requests, as many as go, through every subject. */
export const throughput: Scenario = {
  name: 'throughput',
  summary: 'CPU per request, requests per second, latency and memory.',
  async run(bench) {
    const upstream = await startAnswers(bench.machine, bench.children, bench.isOwn)
    const twin = { ...bareNode, name: `${bareNode.name}, again` }
    const native = [nginx(bench.machine), nginxLimiting(bench.machine), haproxy(), envoy]
    const ours = [tacit(BARE), tacit(KEY_AUTH), tacit(USUAL), tacit(LIMITED), tacit(METERED)]
    const others = [httpProxy, fastGateway, portkey, ...(bench.isFull ? [litellm, bifrost] : [])]
    const subjects = [...native, bareNode, twin, ...ours, ...others]
    const { running, notes } = await startAll(bench, subjects, upstream)
    try {
      const { warmUpSeconds } = effort(bench)
      await warmUp(bench, running, BASE, warmUpSeconds)
      return [await together(bench, running), await apart(bench, running, upstream, notes)]
    } finally {
      await Promise.all([...running, upstream].map(each => each.stop()))
    }
  }
}

/** Two subjects loaded at once, half of the connections each: the ratios to trust. */
async function together(bench: Bench, running: readonly Running[]): Promise<Section> {
  const { windowSeconds, rounds } = effort(bench)
  const load = { ...BASE, connections: CONNECTIONS / 2, seconds: windowSeconds }
  const find = (name: string) => running.find(each => each.name === name)
  const pairs = [
    [`${bareNode.name}, again`, bareNode.name],
    [BARE.name, bareNode.name],
    [BARE.name, 'nginx'],
    [USUAL.name, 'nginx: key map, limit_req'],
    [LIMITED.name, USUAL.name],
    [KEY_AUTH.name, BARE.name],
    [USUAL.name, BARE.name],
    [METERED.name, BARE.name],
    [BARE.name, envoy.name],
    [httpProxy.name, USUAL.name],
    [fastGateway.name, USUAL.name],
    [portkey.name, USUAL.name],
    [litellm.name, USUAL.name],
    [bifrost.name, USUAL.name]
  ].flatMap(([first = '', second = '']) => {
    const [subject, against] = [find(first), find(second)]
    return subject === undefined || against === undefined ? [] : [{ subject, against }]
  })
  const results = await measurePairs(bench, pairs, load, rounds)
  return {
    title: 'Throughput: CPU per request, two at once',
    notes: [
      `Both on core 0 at the same time, ${load.connections} connections each, ${rounds} rounds of ${load.seconds} s. Median [lowest–highest] of the`,
      'ratios. The first line is noise: the same program twice.',
      bench.neighbours.verdict().sentence
    ],
    head: PAIR_HEAD,
    rows: results.map(pairRow),
    raw: results,
    figures: pairFigures(results),
    plots: [
      {
        file: 'throughput-ratios',
        title: 'CPU per request, two at once',
        axis: 'times what the other costs (× 1 is the same)',
        marks: results.map(each => ({
          label: `${each.subject} / ${each.against}`,
          spread: each.ratio,
          isOurs: each.subject.startsWith(BARE.name)
        }))
      }
    ]
  }
}

/** The shorter run asks the ratios more often than the figures of one alone: they are what is trusted. */
const QUICK_ROUNDS_APART = 3

/** Each subject alone, one after another. */
async function apart(
  bench: Bench,
  running: readonly Running[],
  upstream: Upstream,
  notes: readonly string[]
): Promise<Section> {
  const { warmUpSeconds, windowSeconds, rounds: most } = effort(bench)
  const rounds = bench.isFull ? most : QUICK_ROUNDS_APART
  const samples = await alternate(running, rounds, (each, round) => {
    bench.say(`throughput: round ${round + 1} of ${rounds}, ${each.name}`)
    return sample(bench, each, { ...BASE, seconds: windowSeconds })
  })
  const neighbours = bench.neighbours.verdict()
  const base = running.findIndex(each => each.name === bareNode.name)
  const costs = (of: readonly Sample[] | undefined) => (of ?? []).map(each => each.cpuUs)
  const rows = running.map((each, index) => {
    const own = samples[index] ?? []
    const spread = (value: (of: Sample) => number) => spreadOf(own.map(value))
    return [
      each.name,
      cell(spread(of => of.cpuUs)),
      cell(spreadOf(ratiosOf(costs(own), costs(samples[base] ?? own)))),
      cell(
        spread(of => of.requests / of.seconds),
        neighbours.isBusy
      ),
      cell(
        spread(of => of.p50Us / 1000),
        neighbours.isBusy
      ),
      cell(
        spread(of => of.p99Us / 1000),
        neighbours.isBusy
      ),
      cell(
        spread(of => of.p999Us / 1000),
        neighbours.isBusy
      ),
      figure(spread(of => of.rssBytes / 2 ** 20).median),
      figure(own.reduce((sum, of) => sum + of.errors, 0))
    ]
  })
  return {
    title: 'Throughput: one after another',
    notes: [
      `POST of 1 KB with a key, answer of 500 bytes, ${CONNECTIONS} connections; load by ${bench.generator.name}, upstream: ${upstream.name}.`,
      `Warm-up ${warmUpSeconds} s, ${rounds} rounds of ${windowSeconds} s, order reversed each round; medians.`,
      neighbours.sentence,
      ...notes
    ],
    head: [
      '',
      'CPU µs/request',
      `× ${bareNode.name}`,
      'requests/s',
      'p50 ms',
      'p99 ms',
      'p99.9 ms',
      'RSS MiB',
      'errors'
    ],
    rows,
    raw: running.map((each, index) => ({ subject: each.name, samples: samples[index] })),
    plots: [
      {
        file: 'throughput-cpu',
        title: 'CPU per request, one after another',
        axis: 'µs per request, all threads',
        marks: running.map((each, index) => ({
          label: each.name,
          spread: spreadOf(costs(samples[index])),
          isOurs: each.name.startsWith(BARE.name)
        }))
      }
    ]
  }
}
