/** How exchanges end. */

/**
 * complete: the whole response was handed to the client's connection. client_gone: it left first.
 * upstream_cut: the upstream broke off. error_in_stream: an error event inside a response that began well.
 * deadline: the route's deadline or longest stream. refused: a plugin or core said no.
 * no_upstream: no attempt was committed. plugin_failed: a phase threw. gateway_failed: core itself has a fault.
 * shutdown: the grace period was over.
 */
export type EndReason = (typeof END_REASONS)[number]

/** All of them, for schemas of lines and rows. */
export const END_REASONS = [
  'complete',
  'client_gone',
  'upstream_cut',
  'error_in_stream',
  'deadline',
  'refused',
  'no_upstream',
  'plugin_failed',
  'gateway_failed',
  'shutdown'
] as const
