/**
 * Plugin instances: set up, judged by the phases they return, closed. Whatever
 * goes wrong here goes wrong before anything is served, and nothing that was
 * opened stays open. Must not know what runs the phases.
 */
import { GatewayError } from './errors.ts'
import { nearest } from './nearest.ts'
import { declares } from './pipeline/plan.ts'
import { type EndpointCall, type Phases, type PluginDefinition, SecretText } from './plugin.ts'
import { type Alarm, LATE, LIFECYCLE_LIMIT_MS, systemAlarm, within } from './within.ts'

/** Where an instance stands. */
export interface Place {
  /** `route` for plugins of a route or of every route, `upstream` for those of an upstream, `balancer` for a balancer. */
  readonly kind: 'route' | 'upstream' | 'balancer'
  /** For people, such as `config/gateway.yaml:31:14`. */
  readonly at: string
}

/** The host that a plugin's `setup` is handed. */
export type InstanceHost = Parameters<PluginDefinition['setup']>[1]
/** The checked and decoded `config:` that a plugin's `setup` is handed. */
export type InstanceConfig = Parameters<PluginDefinition['setup']>[0]

/** One use of a plugin, ready to be set up. The instance takes its name from the host. */
export interface InstancePlan {
  readonly definition: PluginDefinition
  readonly config: InstanceConfig
  readonly host: InstanceHost
  readonly place: Place
}

/** A plugin at work in one place. */
export interface PluginInstance {
  /** Name in logs and metrics, such as `rate-limit` or `rate-limit#2`. */
  readonly name: string
  readonly definition: PluginDefinition
  readonly phases: Phases
  /** Whether the request's body is collected for it. */
  readonly readsRequestBody: boolean
  /** What answers its endpoints, by their names. */
  readonly endpoints: Readonly<Record<string, (call: EndpointCall) => unknown>>
  /**
   * Releases what set-up opened; call it when no exchange uses the instance any more. Calling again does nothing.
   * @throws GatewayError `TACIT_PLUGIN_CLOSE_FAILED` when the plugin threw or took longer than {@link LIFECYCLE_LIMIT_MS}.
   */
  close(): Promise<void>
}

/** The phases, and where each of them is ever called. */
const CALLED: { readonly [Phase in keyof Required<Phases>]: readonly Place['kind'][] } = {
  requestFilter: ['route'],
  upstreamPeers: ['upstream'],
  upstreamPeer: ['balancer'],
  upstreamRequestFilter: ['route', 'upstream'],
  upstreamResult: ['route', 'upstream', 'balancer'],
  responseFilter: ['route', 'upstream'],
  finish: ['route', 'balancer'],
  logging: ['route'],
  health: ['route', 'upstream', 'balancer'],
  show: ['route', 'upstream', 'balancer'],
  close: ['route', 'upstream', 'balancer']
}
const PHASES: ReadonlyMap<string, readonly Place['kind'][]> = new Map(Object.entries(CALLED))

/**
 * Sets one instance up and judges the phases it returned.
 * @throws GatewayError naming instance and place: `TACIT_PLUGIN_SETUP_FAILED`, `TACIT_PLUGIN_SETUP_SLOW` after
 * {@link LIFECYCLE_LIMIT_MS}, `TACIT_PLUGIN_PHASES` for phases that nobody would call. What a refused or late
 * set-up opened is closed.
 */
export async function setUpInstance(
  definition: PluginDefinition,
  config: InstanceConfig,
  host: InstanceHost,
  place: Place,
  alarm: Alarm = systemAlarm
): Promise<PluginInstance> {
  const subject = `${host.instance} (${place.at})`
  const starting = Promise.try(() => definition.setup(config, host))
  const phases = await within(starting, alarm).catch((error: unknown) => {
    throw new GatewayError(
      'TACIT_PLUGIN_SETUP_FAILED',
      `${subject}: its set-up failed: ${setUpFault(error, config)}`,
      error instanceof GatewayError ? error.cure : undefined
    )
  })
  if (phases === LATE) {
    // Nobody waits for it any more, so nobody is left to tell how it ended.
    starting.then(late => closePhases(late, alarm)).catch(() => {})
    throw new GatewayError(
      'TACIT_PLUGIN_SETUP_SLOW',
      `${subject}: its set-up was not done after ${LIFECYCLE_LIMIT_MS / 1000} seconds.`,
      'Check that what it connects to at start can be reached.'
    )
  }
  const fault = phasesFault(phases, place.kind) ?? endpointsFault(phases, definition)
  if (fault !== undefined) {
    await closePhases(phases, alarm).catch(() => {})
    throw new GatewayError('TACIT_PLUGIN_PHASES', `${subject}: ${fault.message}`, fault.cure)
  }
  let closing: Promise<void> | undefined
  return Object.freeze({
    name: host.instance,
    definition,
    phases,
    readsRequestBody: declares(definition, 'request-body') && (definition.readsBody?.(config) ?? true),
    endpoints: phases.endpoints ?? {},
    close: () => {
      closing ??= closePhases(phases, alarm).catch(() => {
        throw new GatewayError('TACIT_PLUGIN_CLOSE_FAILED', `${subject}: it could not be closed.`)
      })
      return closing
    }
  })
}

/** Types do not see a phase too many in an object that a function returns, so it is looked for here. */
function phasesFault(
  phases: unknown,
  kind: Place['kind']
): { readonly message: string; readonly cure: string | undefined } | undefined {
  if (typeof phases !== 'object' || phases === null || Array.isArray(phases)) {
    return { message: 'its set-up returned no phases.', cure: 'Return an object of phases; `{}` for none.' }
  }
  const prototype: unknown = Object.getPrototypeOf(phases)
  if (prototype !== Object.prototype && prototype !== null) {
    return { message: 'its phases are no plain object.', cure: 'Return an object literal of functions.' }
  }
  for (const [name, phase] of Object.entries(phases)) {
    if (name === 'endpoints') continue
    const kinds = PHASES.get(name)
    if (kinds === undefined) {
      const close = nearest(name, [...PHASES.keys()])
      const cure = close === undefined ? `Phases are: ${[...PHASES.keys()].join(', ')}.` : `Did you mean "${close}"?`
      return { message: `no phase is called "${name}".`, cure }
    }
    if (phase === undefined) continue
    if (typeof phase !== 'function') return { message: `its phase "${name}" is no function.`, cure: undefined }
    if (!kinds.includes(kind)) {
      return {
        message: `its phase "${name}" is never called ${WHERE[kind]}.`,
        cure: `Use the plugin ${kinds.map(possible => WHERE[possible]).join(' or ')}.`
      }
    }
  }
  if (kind === 'balancer' && Reflect.get(phases, 'upstreamPeer') === undefined) {
    return {
      message: 'it is no balancer: it has no phase "upstreamPeer".',
      cure: 'Name a balancer such as `weighted`.'
    }
  }
  return undefined
}

/** Each declared endpoint is answered by a function, and no other. */
function endpointsFault(
  phases: object,
  definition: PluginDefinition
): { readonly message: string; readonly cure: string | undefined } | undefined {
  const declared = Object.keys(definition.endpoints ?? {})
  const given: unknown = Reflect.get(phases, 'endpoints') ?? {}
  if (typeof given !== 'object' || given === null) {
    return { message: 'its `endpoints` are no object of functions.', cure: undefined }
  }
  const silent = declared.find(name => typeof Reflect.get(given, name) !== 'function')
  if (silent !== undefined) {
    return {
      message: `nothing answers its endpoint "${silent}".`,
      cure: 'Return a function for it under `endpoints`.'
    }
  }
  const surplus = Object.keys(given).find(name => !declared.includes(name))
  if (surplus === undefined) return undefined
  return {
    message: `it answers an endpoint "${surplus}" that it does not declare.`,
    cure: 'Declare it under `endpoints` in the definition.'
  }
}

const WHERE: { readonly [Kind in Place['kind']]: string } = {
  route: 'among the plugins of a route',
  upstream: 'among the plugins of an upstream',
  balancer: 'as the balancer of an upstream'
}

/**
 * What a set-up failed of. An `Error` of a plugin's own is its author's sentence, and is repeated without the
 * secrets of its configuration. Any other class comes from a parser or the engine and may quote what it read,
 * so only the class and the place in the code are told.
 */
function setUpFault(error: unknown, config: unknown): string {
  if (error instanceof GatewayError) return error.message
  if (!(error instanceof Error)) return 'it threw something that is no Error.'
  if (error.constructor === Error) return withoutSecrets(error.message, config)
  const frames = error.stack?.slice(error.stack.indexOf(error.message) + error.message.length) ?? ''
  const frame = /([^/\\(\s]+:\d+:\d+)\)?$/m.exec(frames)?.[1]
  return frame === undefined ? `${error.constructor.name}.` : `${error.constructor.name} at ${frame}.`
}

function withoutSecrets(message: string, config: unknown): string {
  if (config instanceof SecretText) {
    const secret = config.reveal()
    return secret === '' ? message : message.replaceAll(secret, String(config))
  }
  if (typeof config !== 'object' || config === null) return message
  return Object.values(config).reduce<string>(withoutSecrets, message)
}

async function closePhases(phases: unknown, alarm: Alarm): Promise<void> {
  if (typeof phases !== 'object' || phases === null) return
  const close: unknown = Reflect.get(phases, 'close')
  if (typeof close !== 'function') return
  const closed = await within(
    Promise.try(() => Reflect.apply(close, phases, [])),
    alarm
  )
  if (closed === LATE) throw new TypeError('not closed in time')
}
