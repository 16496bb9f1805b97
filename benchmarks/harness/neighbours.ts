/**
 * How much of the cores went to processes that are no part of the run. Nothing says more about how far its figures can be
 * trusted: a neighbour takes caches and turns from whoever is measured.
 */
import { readFileSync } from 'node:fs'
import type { Children } from './children.ts'
import { GATEWAY_CORE, LOAD_CORE } from './machine.ts'
import { percent } from './report.ts'
import { median } from './statistics.ts'

/** Linux tells user space of ticks of 10 ms, whatever its own are. */
const TICK_US = 10_000
/** Above this share of a core, rates and latencies say more about the neighbours. */
const NOISY_ABOVE = 0.1

/**
 * Time that a core spent on processes and lost to other machines on the same hardware, in µs, from `/proc/stat`.
 * Interrupts are left out: most of them are the run's own packets.
 */
export function parseBusyUs(stat: string, core: number): number {
  const line = stat.split('\n').find(each => each.startsWith(`cpu${core} `)) ?? ''
  const [user = 0, nice = 0, system = 0, , , , , steal = 0] = line.trim().split(/\s+/).slice(1).map(Number)
  return (user + nice + system + steal) * TICK_US
}

/** Time of the children that have ended, in µs, from `/proc/self/stat`. The name in it may hold anything but is in parentheses. */
export function parseEndedChildrenUs(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[13]) + Number(fields[14])) * TICK_US
}

/** What the neighbours did while a section was measured. */
export interface Verdict {
  /** They used more than a tenth of a core: rates and latencies are theirs as much as the subject's. */
  readonly isBusy: boolean
  /** The same in words, for the notes of the section. */
  readonly sentence: string
}

/** Watches the neighbours during the windows of one section of the report. */
export class Neighbours {
  readonly #children: Children
  readonly #isPinned: boolean
  readonly #goesFirst: boolean
  #shares: { readonly gateway: number; readonly load: number }[] = []

  constructor(children: Children, isPinned: boolean, goesFirst: boolean) {
    this.#children = children
    this.#isPinned = isPinned
    this.#goesFirst = goesFirst
  }

  /** Begins a window. @returns how to end it */
  watch(): () => void {
    const before = this.#read()
    return () => {
      const after = this.#read()
      const elapsedUs = after.atUs - before.atUs
      const share = (core: 'gateway' | 'load') => Math.max(0, (after[core] - before[core]) / elapsedUs)
      this.#shares.push({ gateway: share('gateway'), load: share('load') })
    }
  }

  /** What the neighbours did in the windows since the last call. */
  verdict(): Verdict {
    const shares = this.#shares
    this.#shares = []
    if (!this.#isPinned || shares.length === 0) {
      return { isBusy: false, sentence: 'Processes are not pinned, so what neighbours used is not known.' }
    }
    const gateway = median(shares.map(each => each.gateway))
    const load = median(shares.map(each => each.load))
    // A run that goes first waits for nobody, whatever the neighbours do with the rest.
    const isBusy = !this.#goesFirst && (gateway > NOISY_ABOVE || load > NOISY_ABOVE)
    const used = `Neighbours used ${percent(gateway)} of core ${GATEWAY_CORE} and ${percent(load)} of core ${LOAD_CORE}${this.#goesFirst ? ', after this run' : ''}`
    return {
      isBusy,
      sentence: isBusy ? `**${used}: rates and latencies mean nothing here, only ratios of CPU.**` : `${used}.`
    }
  }

  /** What is not ours of what each core has done. */
  #read(): { readonly atUs: number; readonly gateway: number; readonly load: number } {
    const stat = readFileSync('/proc/stat', 'latin1')
    const own = process.cpuUsage()
    const ended = parseEndedChildrenUs(readFileSync('/proc/self/stat', 'latin1'))
    return {
      atUs: performance.now() * 1000,
      gateway: parseBusyUs(stat, GATEWAY_CORE) - this.#children.cpuUs(GATEWAY_CORE),
      load: parseBusyUs(stat, LOAD_CORE) - this.#children.cpuUs(LOAD_CORE) - own.user - own.system - ended
    }
  }
}
