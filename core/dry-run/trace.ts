/**
 * Writes down what plugins do in a dry run: each call of a phase, what came of it, what was decided and what was
 * changed. Stands between the pipeline and the plugins' own phases, and changes nothing of what passes.
 */
import type { LoadedConfiguration, LoadedUse } from '../configuration/load.ts'
import { errorCode } from '../log.ts'
import { isAnswer, refusedOf } from '../opaque.ts'
import { LiveExchange } from '../pipeline/exchange.ts'
import { isPromise } from '../pipeline/flows.ts'
import type { Exchange, Phases, PluginDefinition } from '../plugin.ts'
import type { ExplainedCall } from './explanation.ts'

/** What there was before a call. */
interface Before {
  readonly decisions: number
  readonly headers: readonly string[]
  readonly body: Buffer | undefined
  readonly method: string | undefined
  readonly target: string | undefined
  readonly status: number | undefined
  readonly transforms: number
  readonly taps: number
}

const NOTHING: Omit<Before, 'decisions'> = {
  headers: [],
  body: undefined,
  method: undefined,
  target: undefined,
  status: undefined,
  transforms: 0,
  taps: 0
}

/** The calls of one dry run. */
export class Trace {
  readonly calls: ExplainedCall[] = []

  /** Drops what was written down of an earlier request. */
  clear(): void {
    this.calls.length = 0
  }

  /** The same configuration, whose plugins are watched. */
  watch(loaded: LoadedConfiguration): LoadedConfiguration {
    const watched = new Map<PluginDefinition, PluginDefinition>()
    const use = (entry: LoadedUse): LoadedUse => {
      const definition = watched.get(entry.definition) ?? this.#watched(entry.definition)
      watched.set(entry.definition, definition)
      return { ...entry, definition }
    }
    return {
      ...loaded,
      plugins: loaded.plugins.map(use),
      routes: new Map([...loaded.routes].map(([id, uses]) => [id, uses.map(use)])),
      upstreams: new Map(
        [...loaded.upstreams].map(([id, { balancer, plugins }]) => [
          id,
          { balancer: use(balancer), plugins: plugins.map(use) }
        ])
      )
    }
  }

  #watched(definition: PluginDefinition): PluginDefinition {
    return {
      ...definition,
      setup: async (config, host) => this.#phases(await definition.setup(config, host), host.instance)
    }
  }

  /** Whatever is no phase stays as it is: it is judged behind this. */
  #phases(phases: Phases, plugin: string): Phases {
    if (typeof phases !== 'object' || phases === null) return phases
    const watched: Phases = { ...phases }
    const call = <Result>(phase: string, exchange: Exchange, work: () => Result) =>
      this.#call(phase, plugin, exchange, work)
    if (typeof phases.requestFilter === 'function') {
      watched.requestFilter = (exchange, request) =>
        call('requestFilter', exchange, () => phases.requestFilter?.(exchange, request))
    }
    if (typeof phases.upstreamPeers === 'function') {
      watched.upstreamPeers = (exchange, peers, all) =>
        call('upstreamPeers', exchange, () => phases.upstreamPeers?.(exchange, peers, all) ?? peers)
    }
    if (typeof phases.upstreamPeer === 'function') {
      watched.upstreamPeer = (exchange, peers, request) =>
        call('upstreamPeer', exchange, () => phases.upstreamPeer?.(exchange, peers, request))
    }
    if (typeof phases.upstreamRequestFilter === 'function') {
      watched.upstreamRequestFilter = (exchange, request, peer) =>
        call('upstreamRequestFilter', exchange, () => phases.upstreamRequestFilter?.(exchange, request, peer))
    }
    if (typeof phases.upstreamResult === 'function') {
      watched.upstreamResult = (exchange, attempt) =>
        call('upstreamResult', exchange, () => phases.upstreamResult?.(exchange, attempt))
    }
    if (typeof phases.responseFilter === 'function') {
      watched.responseFilter = (exchange, response) =>
        call('responseFilter', exchange, () => phases.responseFilter?.(exchange, response))
    }
    if (typeof phases.finish === 'function') {
      watched.finish = (exchange, end) => call('finish', exchange, () => phases.finish?.(exchange, end))
    }
    if (typeof phases.logging === 'function') {
      watched.logging = (exchange, facts) => call('logging', exchange, () => phases.logging?.(exchange, facts))
    }
    return watched
  }

  #call<Result>(phase: string, plugin: string, exchange: Exchange, work: () => Result): Result {
    if (!(exchange instanceof LiveExchange)) return work()
    const before = look(phase, exchange)
    const index = this.calls.length
    const note = (outcome: ExplainedCall['outcome'], reason?: string): void => {
      // The number of the try that is chosen for is the next one.
      const attempt = numberOf(phase, exchange)
      const decisions = (exchange.decisions ?? []).slice(before.decisions).map(({ name, facts }) => ({ name, facts }))
      this.calls[index] = {
        phase,
        plugin,
        attempt,
        outcome,
        reason,
        decisions,
        changed: changes(phase, exchange, before)
      }
    }
    const settled = (value: unknown): void => {
      const refused = refusedOf(value)
      if (refused !== undefined) note('refused', refused.reason)
      else if (phase === 'requestFilter' && isAnswer(value)) note('answered')
      else note('went_on')
    }
    const failed = (error: unknown): void => {
      const refused = refusedOf(error)
      if (refused !== undefined) note('refused', refused.reason)
      else note('failed', errorCode(error))
    }
    note('went_on')
    try {
      const result = work()
      if (isPromise(result)) result.then(settled, failed)
      else settled(result)
      return result
    } catch (error) {
      failed(error)
      throw error
    }
  }
}

const OF_A_TRY: ReadonlySet<string> = new Set(['upstreamRequestFilter', 'upstreamResult'])

function numberOf(phase: string, exchange: LiveExchange): number | undefined {
  if (phase === 'upstreamPeer') return exchange.attempts.length + 1
  return OF_A_TRY.has(phase) ? exchange.attempt?.number : undefined
}

/** What a plugin may edit in a phase, as it is now. */
function look(phase: string, exchange: LiveExchange): Before {
  const { downstream, draft, reply } = exchange
  const seen: Before = { ...NOTHING, decisions: exchange.decisions?.length ?? 0 }
  if (phase === 'requestFilter') return { ...seen, body: downstream.body.content }
  if (phase === 'upstreamRequestFilter' && draft !== undefined) {
    const { method, target, headers, body } = draft
    return { ...seen, method, target, headers: headers.flat.slice(), body: body.content }
  }
  if (phase === 'responseFilter' && reply !== undefined) {
    const { upstreamTaps, clientTaps, transforms } = reply.body
    const taps = upstreamTaps.length + clientTaps.length
    return { ...seen, status: reply.status, headers: reply.headers.flat.slice(), transforms: transforms.length, taps }
  }
  return seen
}

function changes(phase: string, exchange: LiveExchange, before: Before): readonly string[] {
  const now = look(phase, exchange)
  const changed: string[] = []
  for (const part of ['method', 'target', 'status', 'body'] as const) {
    if (now[part] !== before[part]) changed.push(part)
  }
  if (now.transforms > before.transforms) changed.push('body (transformed)')
  if (now.taps > before.taps) changed.push('body (observed)')
  const lines = [linesByName(before.headers), linesByName(now.headers)] as const
  for (const name of new Set(lines.flatMap(side => [...side.keys()]))) {
    const [was, is] = [lines[0].get(name), lines[1].get(name)]
    if (was !== is) changed.push(is === undefined ? `-${name}` : was === undefined ? `+${name}` : `~${name}`)
  }
  return changed
}

function linesByName(flat: readonly string[]): ReadonlyMap<string, string> {
  const lines = new Map<string, string>()
  for (let index = 0; index < flat.length; index += 2) {
    const name = (flat[index] ?? '').toLowerCase()
    lines.set(name, `${lines.get(name) ?? ''}${flat[index + 1] ?? ''}\n`)
  }
  return lines
}
