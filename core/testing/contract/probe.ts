/**
 * A plugin with a probe in it: the same definition, whose phases and whose host
 * tell what goes on between them. Changes nothing of what either does, except
 * that a slow host makes the plugin wait where a store would have to be asked.
 */
import { refusedOf } from '../../opaque.ts'
import { isPromise } from '../../pipeline/flows.ts'
import type { MaybePromise, Phases, Plugin, PluginDefinition } from '../../plugin.ts'
import { definePlugin } from '../../plugin.ts'
import { type HostEvents, probedHost } from './probed-host.ts'
import { type PromiseCount, settlesByItself } from './promises.ts'
import type { ContractCheck } from './report.ts'
import { type Watcher, watchedRequest, watchedResponse, watchedUpstreamRequest } from './watched-messages.ts'

/** Headers that carry what proves who somebody is. */
const CREDENTIAL_HEADERS: ReadonlySet<string> = new Set([
  'authorization',
  'proxy-authorization',
  'cookie',
  'x-api-key',
  'x-goog-api-key',
  'api-key'
])

/** What a probe is made with. */
export interface ProbeOptions {
  readonly promises: PromiseCount
  /** Whether everything that a host may have to ask a store for is waited for. */
  readonly isSlow: boolean
  /** Something that a plugin must not do. */
  fault(check: ContractCheck, what: string): void
}

/** The probe in one instance of a plugin. */
export class Probe implements Watcher, HostEvents {
  /** The plugin to be driven instead. */
  readonly plugin: Plugin
  /** Called when the plugin begins to wait for its host, which answers when this is settled. */
  onWait: (() => Promise<void>) | undefined
  /** What phases threw that was no refusal, and where. */
  readonly thrown: { readonly where: string; readonly error: unknown }[] = []
  readonly #definition: PluginDefinition
  readonly #options: ProbeOptions
  readonly #judged: Promise<void>[] = []
  #waits = 0
  /** Promises that others made while the plugin was at work. */
  #others = 0
  #isClosed = false

  constructor(definition: PluginDefinition, options: ProbeOptions) {
    this.#definition = definition
    this.#options = options
    this.plugin = definePlugin({
      ...definition,
      setup: (config, host) => {
        const phases = definition.setup(config, probedHost(host, this, options.isSlow))
        return isPromise(phases) ? phases.then(late => this.#probed(late)) : this.#probed(phases)
      }
    })
  }

  /** When all promises so far have been judged. */
  async judged(): Promise<void> {
    await Promise.all(this.#judged.splice(0))
  }

  fault(check: ContractCheck, what: string): void {
    this.#options.fault(check, what)
  }

  reads(what: PluginDefinition['data']['reads'][number], how: string): void {
    const { reads } = this.#definition.data
    // Whoever may see what proves somebody may know who it is.
    const isDeclared = reads.includes(what) || (what === 'identity' && reads.includes('credential'))
    if (!isDeclared) this.fault('undeclared', `${how}, and \`data.reads\` does not list \`${what}\``)
  }

  readHeader(name: string): void {
    if (CREDENTIAL_HEADERS.has(name)) this.reads('credential', `reads the header ${name}`)
  }

  touched(body: 'request-body' | 'response-body'): void {
    this.reads(body, `touches the ${body.replace('-', "'s ")}`)
  }

  sends(): void {
    const { egress = [] } = this.#definition.data
    if (egress.length === 0) this.fault('undeclared', 'uses host.fetch, and `data.egress` lists nobody')
  }

  used(part: string): void {
    if (this.#isClosed) this.fault('reload', `uses host.${part} after it was closed`)
  }

  async waits<Value>(answer: Promise<Value>): Promise<Value> {
    this.#waits++
    answer.catch(() => {})
    await this.onWait?.()
    return await answer
  }

  passedLate(where: string): void {
    this.fault('bodies', `passes something on after its \`${where}\` was over`)
  }

  changed(where: string): void {
    this.fault('bodies', `changes what an observer of \`${where}\` is shown`)
  }

  aside(work: () => void): void {
    const { promises } = this.#options
    const made = promises.made
    work()
    this.#others += promises.made - made
  }

  /** Runs a phase, or what was attached to a body, and judges whether it waits for something. */
  call<Value>(where: string, work: () => MaybePromise<Value>): MaybePromise<Value> {
    const waits = this.#waits
    const made = this.#made()
    let outcome: MaybePromise<Value>
    try {
      outcome = work()
    } catch (error) {
      this.#threw(where, error)
      throw error
    }
    if (!isPromise(outcome)) {
      if (this.#made() > made && this.#waits === waits) {
        this.fault('promises', `\`${where}\` makes promises that nobody waits for`)
      }
      return outcome
    }
    outcome.catch((error: unknown) => this.#threw(where, error))
    if (this.#waits === waits) this.#judge(where, outcome)
    return outcome
  }

  #made(): number {
    return this.#options.promises.made - this.#others
  }

  #judge(where: string, outcome: Promise<unknown>): void {
    const waits = this.#waits
    const judging = settlesByItself(outcome).then(settles => {
      if (settles && this.#waits === waits) {
        this.fault('promises', `\`${where}\` hands back a promise although it waits for nothing`)
      }
    })
    this.#judged.push(judging)
  }

  /** Runs a phase that nobody waits for. */
  #tell(where: string, work: () => unknown): void {
    const outcome = this.call(where, work)
    if (!isPromise(outcome)) return
    this.fault('promises', `\`${where}\` hands back a promise, which nobody waits for`)
    outcome.catch(() => {})
  }

  #threw(where: string, error: unknown): void {
    if (refusedOf(error) === undefined) this.thrown.push({ where, error })
  }

  /** Phases as they are called, with their own `this`. What is no plain object is left to be refused as it is. */
  #probed(phases: Phases): Phases {
    const prototype: unknown = Object.getPrototypeOf(phases)
    if (prototype !== Object.prototype && prototype !== null) return phases
    const { requestFilter, upstreamPeers, upstreamPeer, upstreamRequestFilter, upstreamResult } = phases
    const { responseFilter, finish, logging } = phases
    const probed: Phases = { ...phases }
    if (requestFilter !== undefined) {
      probed.requestFilter = (exchange, request) =>
        this.call('requestFilter', () => requestFilter.call(phases, exchange, watchedRequest(request, this)))
    }
    if (upstreamPeers !== undefined) {
      probed.upstreamPeers = (exchange, peers, all) => {
        const fewer = upstreamPeers.call(phases, exchange, peers, all)
        if (!fewer.every(peer => peers.includes(peer))) {
          this.fault('phases', '`upstreamPeers` hands back something that is none of the peers it was shown')
        }
        return fewer
      }
    }
    if (upstreamPeer !== undefined) {
      probed.upstreamPeer = (exchange, peers, request) => {
        const chosen = upstreamPeer.call(phases, exchange, peers, watchedRequest(request, this))
        if (chosen !== undefined && !peers.includes(chosen)) {
          this.fault('phases', '`upstreamPeer` hands back something that is none of the peers it was shown')
        }
        return chosen
      }
    }
    if (upstreamRequestFilter !== undefined) {
      probed.upstreamRequestFilter = (exchange, request, peer) =>
        this.call('upstreamRequestFilter', () =>
          upstreamRequestFilter.call(phases, exchange, watchedUpstreamRequest(request, this), peer)
        )
    }
    if (upstreamResult !== undefined) {
      probed.upstreamResult = (exchange, attempt) =>
        this.#tell('upstreamResult', () => upstreamResult.call(phases, exchange, attempt))
    }
    if (responseFilter !== undefined) {
      probed.responseFilter = (exchange, response) =>
        this.call('responseFilter', () => responseFilter.call(phases, exchange, watchedResponse(response, this)))
    }
    if (finish !== undefined) {
      probed.finish = (exchange, end) => this.#tell('finish', () => finish.call(phases, exchange, end))
    }
    if (logging !== undefined) {
      probed.logging = (exchange, facts) => this.#tell('logging', () => logging.call(phases, exchange, facts))
    }
    probed.close = async () => {
      await phases.close?.()
      this.#isClosed = true
    }
    return probed
  }
}
