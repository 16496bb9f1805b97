/** What every scenario is handed, and the ways of measuring that scenarios share. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Load } from '../load/chat-request.ts'
import { chooseGenerator, type Generator, type LoadResult } from '../load/generator.ts'
import { type Behind, type Running, type Subject, startSubject } from '../subjects/subject.ts'
import { type Usage, usageOf } from './accounting.ts'
import { Children } from './children.ts'
import { describeMachine, goFirst, leaveGatewayCore, type Machine, machineText } from './machine.ts'
import { Neighbours } from './neighbours.ts'
import type { Section } from './report.ts'

/** The run that a scenario is part of. */
export interface Bench {
  /** True for `bench:full`: longer windows, more rounds. */
  readonly isFull: boolean
  /** True when neither wrk nor nginx shall be used for load and upstream. */
  readonly isOwn: boolean
  readonly machine: Machine
  readonly children: Children
  readonly generator: Generator
  readonly neighbours: Neighbours
  /** Tells whoever waits what is going on; not part of the report. */
  say(line: string): void
  /** The machine and how it is used, in a few lines for the top of the report. */
  describe(): string
  /** Ends every process of the run and removes its files. */
  close(): Promise<void>
}

/** What whoever starts a run may choose. */
export interface Choices {
  readonly isFull: boolean
  readonly isOwn: boolean
  /** The run goes before every other process of the machine. */
  readonly goesFirst: boolean
}

/** Begins a run. It is closed when the process is interrupted, too. */
export function openBench({ isFull, isOwn, goesFirst }: Choices): Bench {
  const machine = describeMachine()
  const goAsUsual = goesFirst ? goFirst() : () => {}
  leaveGatewayCore(machine)
  const children = new Children(machine.taskset)
  const bench: Bench = {
    isFull,
    isOwn,
    machine,
    children,
    generator: chooseGenerator(machine, children, isOwn),
    neighbours: new Neighbours(children, machine.taskset !== undefined, goesFirst),
    say: line => void process.stderr.write(`${line}\n`),
    describe: () => machineText(machine),
    close: async () => {
      await children.close()
      goAsUsual()
    }
  }
  const interrupted = () => void bench.close().then(() => process.exit(130))
  process.once('SIGINT', interrupted)
  process.once('SIGTERM', interrupted)
  return bench
}

/** One group of questions to the subjects. */
export interface Scenario {
  readonly name: string
  readonly summary: string
  run(bench: Bench): Promise<readonly Section[]>
}

/** One load on one subject, and what it cost. */
export interface Sample extends LoadResult {
  /** CPU of the subject for each request, in µs. NaN where nothing stands between client and upstream. */
  readonly cpuUs: number
  /** The main thread's part of it. */
  readonly mainUs: number
  readonly rssBytes: number
}

/** How often everything is measured, and for how long. Wider windows steady the single figure, rounds the median. */
export interface Effort {
  readonly warmUpSeconds: number
  readonly windowSeconds: number
  readonly rounds: number
}

const NOTHING: Usage = { cpuUs: Number.NaN, mainUs: Number.NaN, rssBytes: Number.NaN }

/** What the subject has used so far; NaN where there is none. */
export function usage(running: Running): Usage {
  return running.pid === undefined ? NOTHING : usageOf(running.pid)
}

/** Those of the subjects that can be had, and why the others cannot. */
export async function present(
  bench: Bench,
  subjects: readonly Subject[]
): Promise<{ readonly here: readonly Subject[]; readonly notes: string[] }> {
  const here: Subject[] = []
  const notes: string[] = []
  for (const subject of subjects) {
    const missing = subject.missing ?? (await subject.install?.(bench.say))
    if (missing === undefined) {
      here.push(subject)
    } else {
      bench.say(`LEFT OUT: ${subject.name}: ${missing}`)
      notes.push(`${subject.name} was left out: ${missing}.`)
    }
  }
  return { here, notes }
}

/** Starts the subjects that are there, and says which are not. All of them are up before anything is measured. */
export async function startAll(
  bench: Bench,
  subjects: readonly Subject[],
  upstream: Behind
): Promise<{ readonly running: readonly Running[]; readonly notes: readonly string[] }> {
  const running: Running[] = []
  const { here, notes } = await present(bench, subjects)
  for (const subject of here) {
    try {
      running.push(await startSubject(subject, bench.children, upstream))
    } catch (error) {
      const [line = ''] = (error instanceof Error ? error.message : 'it failed').split('\n')
      notes.push(`${subject.name} was left out: ${line.replace(/:$/, '')}.`)
      bench.say(`LEFT OUT: ${error instanceof Error ? error.message : subject.name}`)
    }
  }
  return { running, notes }
}

/** A load as one subject wants it of its clients. */
function loadOf({ headers = {}, isTls = false }: Running, load: Load): Load {
  return { ...load, headers: { ...load.headers, ...headers }, isTls }
}

/**
 * Makes programs ready: all at once, so that each has had as much of the core as every other. One that was warmed up
 * better than its neighbour would look cheaper.
 * @param seconds for each two of them
 */
export async function warmUp(
  bench: Bench,
  running: readonly Running[],
  load: Omit<Load, 'seconds'>,
  seconds: number
): Promise<void> {
  bench.say(`warming up ${running.map(each => each.name).join(', ')}`)
  await sampleTogether(bench, running, { ...load, seconds: seconds * Math.max(1, running.length / 2) })
  // What the neighbours did meanwhile concerns nobody.
  bench.neighbours.verdict()
}

/** Sends one load to one subject. */
export async function sample(bench: Bench, running: Running, load: Load): Promise<Sample> {
  const [only] = await sampleTogether(bench, [running], load)
  if (only === undefined) throw new Error('one subject gives one sample')
  return only
}

/** Sends the same load to several subjects at the same time. Whatever disturbs the machine then disturbs all of them. */
export async function sampleTogether(bench: Bench, running: readonly Running[], load: Load): Promise<Sample[]> {
  const watched = bench.neighbours.watch()
  const before = running.map(usage)
  const results = await Promise.all(running.map(each => bench.generator.send(each.port, loadOf(each, load))))
  // Half a moment, so that what is left of the last requests is counted too.
  await sleep(20)
  watched()
  return results.map((result, index) => {
    const each = running[index]
    const after = each === undefined ? NOTHING : usage(each)
    return {
      ...result,
      cpuUs: (after.cpuUs - (before[index]?.cpuUs ?? 0)) / result.requests,
      mainUs: (after.mainUs - (before[index]?.mainUs ?? 0)) / result.requests,
      rssBytes: after.rssBytes
    }
  })
}

/**
 * Measures the items one after another, round by round, each round in the reverse order of the one before, so that a
 * machine that gets slower or faster favours nobody.
 * @returns the samples of each item, by round
 */
export async function alternate<Item, Result>(
  items: readonly Item[],
  rounds: number,
  measure: (item: Item, round: number) => Promise<Result>
): Promise<Result[][]> {
  const results: Result[][] = items.map(() => [])
  for (let round = 0; round < rounds; round++) {
    const order = [...items.keys()]
    if (round % 2 === 1) order.reverse()
    for (const index of order) {
      const item = items[index]
      if (item !== undefined) results[index]?.push(await measure(item, round))
    }
  }
  return results
}
