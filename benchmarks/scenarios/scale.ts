/** What many routes cost: a request beside 9 others and beside 9,999, and the time to start with each. */
import { type Bench, type Effort, type Scenario, sample, startAll } from '../harness/bench.ts'
import { measurePairs, PAIR_HEAD, pairRow } from '../harness/pairs.ts'
import { figure, type Section } from '../harness/report.ts'
import { type Running, SMALL_POST, startSubject } from '../subjects/subject.ts'
import { BARE, type Chain, tacit } from '../subjects/tacit.ts'
import { startAnswers, type Upstream } from '../upstreams/upstream.ts'

const FEW: Chain = { ...BARE, name: '10 routes', otherRoutes: 9 }
const MANY: Chain = { ...BARE, name: '10,000 routes', otherRoutes: 9_999 }

const LOAD = { ...SMALL_POST, connections: 32 }

function effort(bench: Bench): Effort {
  return bench.isFull
    ? { warmUpSeconds: 8, windowSeconds: 5, rounds: 9 }
    : { warmUpSeconds: 4, windowSeconds: 3, rounds: 5 }
}

/** Few routes against many. */
export const scale: Scenario = {
  name: 'scale',
  summary: 'CPU per request and time to start, with 10 routes and with 10,000.',
  async run(bench) {
    const upstream = await startAnswers(bench.machine, bench.children, bench.isOwn)
    try {
      return [await starts(bench, upstream), await requests(bench, upstream)]
    } finally {
      await upstream.stop()
    }
  }
}

/** From the start of the process to the first answer. */
async function starts(bench: Bench, upstream: Upstream): Promise<Section> {
  const rows = []
  for (const chain of [FEW, MANY]) {
    bench.say(`scale: starting with ${chain.name}`)
    const startedMs = performance.now()
    const running = await startSubject(tacit(chain), bench.children, upstream)
    rows.push([chain.name, figure(performance.now() - startedMs)])
    await running.stop()
  }
  return {
    title: 'Scale: from start to the first answer',
    notes: ['One start each, from source; includes the start of Node.', bench.neighbours.verdict().sentence],
    head: ['', 'ms'],
    rows,
    raw: rows
  }
}

async function requests(bench: Bench, upstream: Upstream): Promise<Section> {
  const { warmUpSeconds, windowSeconds, rounds } = effort(bench)
  const subjects = [FEW, { ...FEW, name: `${FEW.name}, again` }, MANY].map(chain => tacit(chain))
  const { running, notes } = await startAll(bench, subjects, upstream)
  try {
    const [few, again, many] = running
    if (few === undefined || again === undefined || many === undefined) throw new Error(notes.join('\n'))
    for (const each of running) await sample(bench, each, { ...LOAD, seconds: warmUpSeconds })
    bench.neighbours.verdict()
    const pair = (subject: Running) => ({ subject, against: few })
    const results = await measurePairs(bench, [again, many].map(pair), { ...LOAD, seconds: windowSeconds }, rounds)
    return {
      title: 'Scale: CPU per request, two at once',
      notes: [
        `Both on core 0 at the same time, ${LOAD.connections} connections each, ${rounds} rounds of ${windowSeconds} s; the first line is noise.`,
        bench.neighbours.verdict().sentence
      ],
      head: PAIR_HEAD,
      rows: results.map(pairRow),
      raw: results
    }
  } finally {
    await Promise.all(running.map(each => each.stop()))
  }
}
