/**
 * Several processes that serve on one port: starts them, replaces those that
 * crash, and asks all of them as if they were one. They accept from one socket,
 * which this process has bound and keeps, so none that ends takes a waiting
 * client along. Carries no exchange itself.
 */

import { closeSync } from 'node:fs'
import type { BoundSocket } from 'node:net'
import { addFigures, addOldest, type Figures, type Oldest, pastOf } from '../admin/figures.ts'
import type { ListenConfiguration } from '../configuration/schema.ts'
import { GatewayError } from '../errors.ts'
import { errorCode, type Logger } from '../log.ts'
import { mergePages } from '../metrics/merge.ts'
import type { Health, Store } from '../plugin.ts'
import { type Binding, bind } from '../server/binding.ts'
import type { Listener } from '../server/listener.ts'
import type { OpenLocalLimits } from '../store/local-limits.ts'
import { Member, SHARED_DESCRIPTOR } from './member.ts'
import { LentState } from './shared-state.ts'
import { worstOf } from './worst-health.ts'

/** What a group is made with. */
export interface GroupOptions {
  /** How many processes. */
  readonly count: number
  readonly listen: ListenConfiguration
  readonly file: string
  readonly text: string
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly logger: Logger
  /** What is counted for all of them. */
  readonly counted: Pick<OpenLocalLimits, 'limits' | 'kept'>
  readonly store: Store
  readonly graceMs: () => number
  /** Descriptor of a bound socket to use, in place of the address. */
  readonly inherited?: number | undefined
}

/** A configuration that is set up in every process, and does not serve yet. Call one of the two, once. */
export interface PreparedProcesses {
  /** Resolves when all of them serve by it. */
  commit(): Promise<void>
  discard(): Promise<void>
}

/** A process that lived shorter than this is not replaced at once, in ms. */
const SHORT_LIFE_MS = 5_000
/** Pause before a process is replaced that did not live long: at first, and at the longest, in ms. */
const PAUSE_MS = { first: 200, last: 10_000 } as const
/** Time for worker processes to end by themselves after their grace, in ms. */
const END_MS = 5_000

/** The processes of one gateway. */
export class ProcessGroup implements Listener {
  readonly descriptor: number
  readonly #options: GroupOptions
  readonly #binding: Binding
  readonly #members: (Member | undefined)[] = []
  readonly #ended: string[] = []
  #past: Figures = addFigures([])
  readonly #timers = new Set<NodeJS.Timeout>()
  #text: string
  #url = ''
  #pauseMs: number = PAUSE_MS.first
  #isStopping = false
  #cut = 0

  private constructor(options: GroupOptions, binding: Binding, descriptor: number) {
    this.#options = options
    this.#binding = binding
    this.descriptor = descriptor
    this.#text = options.text
  }

  /**
   * Binds the port and starts the processes; resolves when all of them serve.
   * @throws GatewayError `TACIT_LISTEN_FAILED`, `TACIT_WORKERS_IMPOSSIBLE`, or what one of them cannot be started for.
   */
  static async open(options: GroupOptions): Promise<ProcessGroup> {
    const { host, port } = options.listen
    let binding: Binding
    try {
      binding = bind({ host, port }, options.inherited)
    } catch (error) {
      throw new GatewayError(
        'TACIT_LISTEN_FAILED',
        `The gateway could not listen on ${host}:${port} (${errorCode(error)}).`,
        'Choose another `port`, or stop what uses this one.'
      )
    }
    if (binding.descriptor === undefined) {
      throw new GatewayError(
        'TACIT_WORKERS_IMPOSSIBLE',
        'Several processes cannot share the port here.',
        'Give `listen.host` as an address, and use the newest Node 24 on Linux or macOS; or leave `workers` out.'
      )
    }
    const group = new ProcessGroup(options, binding, binding.descriptor)
    const starting = Array.from({ length: options.count }, (_, index) => group.#start(index))
    const outcomes = await Promise.allSettled(starting)
    const failed = outcomes.find(outcome => outcome.status === 'rejected')
    if (failed === undefined) return group
    await group.stop()
    throw failed.reason
  }

  get url(): string {
    return this.#url
  }

  /** Exchanges that outlived the grace when the group was stopped. */
  get cut(): number {
    return this.#cut
  }

  /** How many processes serve. */
  get size(): number {
    return this.#serving().length
  }

  /** Not known here. */
  async connections(): Promise<number> {
    return 0
  }

  /**
   * Sets a configuration up in every process.
   * @throws GatewayError of the first that cannot; none of them has it then.
   */
  async prepare(text: string): Promise<PreparedProcesses> {
    const members = this.#serving()
    const discard = async () => {
      await Promise.allSettled(members.map(({ calls }) => calls.call('discard', undefined)))
    }
    const outcomes = await Promise.allSettled(members.map(({ calls }) => calls.call('prepare', { text })))
    for (const outcome of outcomes) {
      // One that has ended meanwhile is replaced by one that begins with the configuration of then.
      if (outcome.status === 'fulfilled' || errorCode(outcome.reason) === 'TACIT_PROCESS_GONE') continue
      await discard()
      throw outcome.reason
    }
    const commit = async () => {
      // Whoever is started from now on begins with it.
      this.#text = text
      await Promise.allSettled(members.map(({ calls }) => calls.call('commit', undefined)))
    }
    return { commit, discard }
  }

  /** By name, the worst that any process says. */
  async health(): Promise<Readonly<Record<string, Health>>> {
    const { count } = this.#options
    const members = this.#serving()
    const answers = await Promise.allSettled(members.map(({ calls }) => calls.call('health', undefined)))
    const told = answers.flatMap(answer => (answer.status === 'fulfilled' ? [answer.value] : []))
    if (told.length === count) return worstOf(told)
    const status = told.length === 0 ? 'failed' : 'degraded'
    return { ...worstOf(told), workers: { status, detail: `${told.length} of ${count} processes serve` } }
  }

  /** @param own page of this process. */
  async metrics(own: string): Promise<string> {
    const pages = await Promise.all(
      this.#members.map(async (member, index) => {
        if (member === undefined) return []
        try {
          member.page = await member.calls.call('metrics', undefined)
        } catch {
          // It ends just now; what it said last stands.
        }
        return [{ process: String(index + 1), text: member.page }]
      })
    )
    return mergePages([{ process: 'parent', text: own }, ...pages.flat()], this.#ended)
  }

  /** What goes through all of them. Sums never fall, whoever ends. */
  async figures(): Promise<Figures> {
    await Promise.all(
      this.#serving().map(async member => {
        // One that ends just now has said something before.
        member.figures = await member.calls.call('figures', undefined).catch(() => member.figures)
      })
    )
    return addFigures([this.#past, ...this.#serving().flatMap(({ figures }) => figures ?? [])])
  }

  /** The exchanges that have been under way for the longest time, in all of them. */
  async oldest(limit: number): Promise<Oldest> {
    const answers = await Promise.allSettled(this.#serving().map(({ calls }) => calls.call('oldest', { limit })))
    return addOldest(
      answers.flatMap(answer => (answer.status === 'fulfilled' ? [answer.value] : [])),
      limit
    )
  }

  async stop(lingerMs = 0): Promise<void> {
    this.#isStopping = true
    for (const timer of this.#timers) clearTimeout(timer)
    const order = { graceMs: this.#options.graceMs(), lingerMs }
    await Promise.all(
      this.#members.map(async member => {
        if (member === undefined) return
        try {
          const { cut } = await member.calls.call('stop', order)
          this.#cut += cut
          await member.release()
        } catch {
          member.kill()
          await member.exited
        }
      })
    )
    this.#release()
  }

  /** Ends every process that has not ended by itself soon. */
  destroy(): void {
    setTimeout(() => {
      for (const member of this.#members) member?.kill()
    }, END_MS).unref()
  }

  #serving(): readonly Member[] {
    return this.#members.filter(member => member !== undefined)
  }

  #release(): void {
    const { handle }: { readonly handle?: BoundSocket } = this.#binding.listen
    handle?.close()
    if (this.#options.inherited !== undefined) closeSync(this.#options.inherited)
  }

  async #start(index: number): Promise<void> {
    const { file, environment, counted, store, logger, listen, count } = this.#options
    const startedMs = performance.now()
    const text = this.#text
    const member = new Member({
      descriptor: this.descriptor,
      state: new LentState(counted, store),
      line: line => logger.relay(line),
      ended: (code, signal) => this.#ends(index, member, performance.now() - startedMs, code, signal)
    })
    try {
      const maxConnections = Math.ceil(listen.maxConnections / count)
      const order = { file, text, environment: { ...environment }, descriptor: SHARED_DESCRIPTOR, maxConnections }
      const { url } = await member.calls.call('start', order)
      // A configuration that came while it started.
      if (text !== this.#text) {
        await member.calls.call('prepare', { text: this.#text })
        member.calls.tell('commit', undefined)
      }
      this.#url = url
      this.#members[index] = member
      this.#options.logger.event('process_started', { process: index + 1, pid: member.pid ?? 0 })
    } catch (error) {
      member.kill()
      throw error
    }
  }

  #ends(index: number, member: Member, livedMs: number, code: number | null, signal: NodeJS.Signals | null): void {
    const { logger } = this.#options
    const wasServing = this.#members[index] === member
    if (wasServing) {
      this.#members[index] = undefined
      if (member.figures !== undefined) this.#past = addFigures([this.#past, pastOf(member.figures)])
      // What it had done since this page was read is not known any more.
      if (member.page !== '') this.#ended.splice(0, this.#ended.length, mergePages([], [...this.#ended, member.page]))
    }
    if (this.#isStopping) return
    const how = { ...(code !== null && { exit: code }), ...(signal !== null && { signal }) }
    logger.event('process_failed', { process: index + 1, code: 'TACIT_PROCESS_ENDED', ...how })
    if (wasServing) this.#replace(index, livedMs)
  }

  #replace(index: number, livedMs: number): void {
    this.#pauseMs = livedMs < SHORT_LIFE_MS ? Math.min(this.#pauseMs * 2, PAUSE_MS.last) : PAUSE_MS.first
    const timer = setTimeout(
      async () => {
        this.#timers.delete(timer)
        const startedMs = performance.now()
        try {
          await this.#start(index)
        } catch (error) {
          this.#options.logger.event('process_failed', { process: index + 1, code: errorCode(error) })
          if (!this.#isStopping) this.#replace(index, performance.now() - startedMs)
        }
      },
      livedMs < SHORT_LIFE_MS ? this.#pauseMs : 0
    )
    this.#timers.add(timer)
  }
}
