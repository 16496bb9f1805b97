/** Runs the micro cases, a process of its own on the core under test. */
import { Type } from '@sinclair/typebox'
import { errand, serveErrands } from '../harness/errands.ts'
import { CASES } from './cases.ts'

const WARM_UP_MS = 300
const FIRST_TIMES = 100
/** Prepared once, so that later rounds find the code warm. */
const prepared = new Map<string, (times: number) => number>()
/** What the cases returned: read by nobody, but nobody knows that. */
let sink = 0

/** CPU of this process so far, in ns: what a neighbour takes of the core is not counted. */
function cpuNs(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) * 1000
}

/** @returns CPU for doing it once, in ns, from doing it for about `ms` */
function measure(name: string, ms: number): number {
  const known = CASES.find(each => each.name === name)
  if (known === undefined) throw new Error(`there is no case "${name}"`)
  let work = prepared.get(name)
  if (work === undefined) {
    work = known.prepare()
    prepared.set(name, work)
    timesWithin(work, WARM_UP_MS)
  }
  const times = timesWithin(work, ms / 4)
  const before = cpuNs()
  sink += work(times * 3)
  return (cpuNs() - before) / (times * 3)
}

/** How often it can be done in about `ms` of CPU. */
function timesWithin(work: (times: number) => number, ms: number): number {
  for (let times = FIRST_TIMES; ; times *= 2) {
    const before = cpuNs()
    sink += work(times)
    const usedNs = cpuNs() - before
    if (usedNs >= (ms * 1e6) / 2) return Math.max(1, Math.round((times * ms * 1e6) / usedNs))
  }
}

serveErrands({
  measure: errand(Type.Object({ name: Type.String(), ms: Type.Number() }), ({ name, ms }) => measure(name, ms)),
  sum: errand(Type.Null(), () => sink)
})
