/**
 * The closed table of what core itself says in the log. Words that the
 * configuration or the code knows, and numbers; an error is a code.
 */
import { type Static, Type } from '@sinclair/typebox'

/** One of a few words. */
function words<const Words extends readonly string[]>(...list: Words) {
  return Type.Unsafe<Words[number]>(Type.String({ enum: [...list] }))
}

const Id = Type.String({ pattern: '^[a-z0-9][a-z0-9._-]{0,62}$' })
const Instance = Type.String({ pattern: '^[A-Za-z0-9@._/#:-]{1,128}$' })
const Code = Type.String({ pattern: '^[A-Za-z0-9_]{1,64}$' })
const Version = Type.String({ pattern: '^[0-9A-Za-z.+-]{1,64}$' })
const Host = Type.String({ pattern: '^[A-Za-z0-9.:_-]{1,128}$' })
const Count = Type.Integer({ minimum: 0 })
const DurationMs = Type.Number({ minimum: 0 })
const Listener = words('public', 'admin')
const Trigger = words('signal', 'watch', 'admin', 'program')
const Key = Type.String({ pattern: '^[A-Za-z][A-Za-z0-9.]{0,62}$' })
const Phase = words(
  'requestFilter',
  'upstreamPeers',
  'upstreamPeer',
  'upstreamRequestFilter',
  'upstreamResult',
  'responseFilter',
  'finish',
  'logging',
  'health',
  'show',
  'endpoint',
  'close',
  'every',
  'body'
)

/** Everything that core itself writes to the log. */
export const CORE_EVENTS = {
  gateway_started: Type.Object({
    version: Version,
    node: Version,
    routes: Count,
    upstreams: Count,
    startupMs: DurationMs
  }),
  listener_opened: Type.Object({ listener: Listener, host: Host, port: Count, tls: Type.Boolean() }),
  gateway_stopping: Type.Object({ signal: Type.Optional(Code), exchanges: Count, graceMs: DurationMs }),
  gateway_stopped: Type.Object({ durationMs: DurationMs, cut: Count }),
  process_started: Type.Object({ process: Count, pid: Count }),
  process_failed: Type.Object(
    { process: Count, code: Code, exit: Type.Optional(Count), signal: Type.Optional(Code) },
    { level: 'error' }
  ),
  handed_over: Type.Object({ pid: Count }),
  gateway_failed: Type.Object({ code: Code }, { level: 'error' }),
  configuration_loaded: Type.Object({
    routes: Count,
    upstreams: Count,
    consumers: Count,
    plugins: Count,
    durationMs: DurationMs
  }),
  configuration_reloaded: Type.Object({
    trigger: Trigger,
    changes: Count,
    routes: Count,
    upstreams: Count,
    consumers: Count,
    durationMs: DurationMs
  }),
  configuration_changed: Type.Object({
    change: words('added', 'removed', 'changed'),
    subject: Key,
    id: Type.Optional(Id),
    routes: Count,
    settings: Count
  }),
  setting_refused: Type.Object({ setting: Key }, { level: 'warn' }),
  reload_refused: Type.Object({ trigger: Trigger, code: Code, problems: Count }, { level: 'error' }),
  configuration_refused: Type.Object({ code: Code, line: Count, column: Count }, { level: 'error' }),
  release_failed: Type.Object({ code: Code }, { level: 'error' }),
  certificate_reloaded: Type.Object({ listener: Listener, expiresAt: Type.Number() }),
  certificate_refused: Type.Object({ listener: Listener, code: Code }, { level: 'error' }),
  plugin_failed: Type.Object(
    { instance: Instance, phase: Phase, route: Type.Optional(Id), code: Code },
    { level: 'error' }
  ),
  exchange_failed: Type.Object({ route: Type.Optional(Id), code: Code }, { level: 'error' }),
  upstream_failed: Type.Object(
    { route: Type.Optional(Id), upstream: Id, peer: Id, outcome: Type.Optional(Code), code: Code },
    { level: 'warn' }
  ),
  peer_dropped: Type.Object(
    {
      upstream: Id,
      peer: Id,
      state: words('resting', 'ejected', 'probing', 'failing', 'drained'),
      reason: Type.Optional(
        words(
          'by_hand',
          'retry_after',
          'consecutive_5xx',
          'consecutive_gateway_failure',
          'success_rate',
          'failure_percentage',
          'check_failed'
        )
      ),
      forMs: Type.Optional(DurationMs)
    },
    { level: 'warn' }
  ),
  peer_used: Type.Object({ upstream: Id, peer: Id, state: words('serving', 'warming') }),
  limits_failed: Type.Object({ code: Code }, { level: 'error' }),
  identities_failed: Type.Object({ code: Code }, { level: 'error' }),
  admin_failed: Type.Object({ code: Code }, { level: 'error' }),
  admin_called: Type.Object({ actor: Id, operation: Instance, status: Count }),
  admin_refused: Type.Object({ reason: Code }, { level: 'warn' }),
  timer_failed: Type.Object({ code: Code }, { level: 'error' }),
  worker_failed: Type.Object({ instance: Type.Optional(Instance), code: Code }, { level: 'warn' }),
  records_failed: Type.Object({ code: Code }, { level: 'error' }),
  records_expired: Type.Object({ days: Count }),
  webhook_failed: Type.Object({ webhook: Id, outcome: words('retry', 'dead'), code: Code }, { level: 'warn' }),
  /** The name of a peer leads to an address that is not public and not allowed. */
  peer_refused: Type.Object({ host: Host }, { level: 'warn' }),
  log_lines_dropped: Type.Object({ lines: Count }, { level: 'warn' })
} as const

/** An event of core's own. */
export type CoreEventName = keyof typeof CORE_EVENTS
/** What an event of core's says. */
export type CoreEventFacts<Name extends CoreEventName> = Static<(typeof CORE_EVENTS)[Name]>
