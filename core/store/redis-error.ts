/**
 * What a command to Redis may fail of, as codes. What Redis itself says of an
 * error quotes keys and arguments, so only its first word is kept, which is a
 * word of the protocol. Pure.
 */
import { GatewayError } from '../errors.ts'

/**
 * `away`: no connection, or a server that serves nobody just now; `slow`: no answer in time; `resting`: the breaker
 * is open; `refused`: Redis answered with an error.
 */
export type RedisFailure = 'away' | 'slow' | 'resting' | 'refused'

const SENTENCES: { readonly [Failure in RedisFailure]: string } = {
  away: 'Redis could not be reached.',
  slow: 'Redis did not answer in time.',
  resting: 'Redis did not answer before, and is not asked just now.',
  refused: 'Redis refused a command.'
}
const CODES = {
  away: 'TACIT_REDIS_AWAY',
  slow: 'TACIT_REDIS_SLOW',
  resting: 'TACIT_REDIS_RESTING',
  refused: 'TACIT_REDIS_REFUSED'
} as const satisfies { readonly [Failure in RedisFailure]: GatewayError['code'] }

/** A command that came to nothing. `TACIT_REDIS_AWAY`, `…_SLOW`, `…_RESTING` or `…_REFUSED`. */
export class RedisError extends GatewayError {
  readonly failure: RedisFailure
  /** Whether the command may have been carried out all the same. */
  readonly mayHaveRun: boolean
  /** The first word of Redis's own error, such as `WRONGTYPE`; for `refused`, and where a server serves nobody. */
  readonly reply: string | undefined

  constructor(failure: RedisFailure, { mayHaveRun = false, reply }: { mayHaveRun?: boolean; reply?: string } = {}) {
    super(CODES[failure], reply === undefined ? SENTENCES[failure] : `${SENTENCES[failure]} It said ${reply}.`)
    this.name = 'RedisError'
    this.failure = failure
    this.mayHaveRun = mayHaveRun
    this.reply = reply
  }
}

/** Errors of servers that are up and serve nobody: starting, without a master, without their part of the cluster, demoted. */
const SERVES_NOBODY = new Set(['LOADING', 'MASTERDOWN', 'CLUSTERDOWN', 'TRYAGAIN', 'READONLY', 'NOREPLICAS'])
/** What the client says of a command that it has not written to a connection. */
const NOT_SENT = /enableOfflineQueue options is false$/

/** What an error of the client means. */
export function redisErrorOf(error: unknown): RedisError {
  if (error instanceof RedisError) return error
  if (!(error instanceof Error)) return new RedisError('away', { mayHaveRun: true })
  if (error.name !== 'ReplyError') return new RedisError('away', { mayHaveRun: !NOT_SENT.test(error.message) })
  return refusedWith(/^[A-Z][A-Z0-9]{0,31}(?= |$)/.exec(error.message)?.[0] ?? 'ERR')
}

/** What an error of Redis means, by its first word. */
export function refusedWith(reply: string): RedisError {
  return new RedisError(SERVES_NOBODY.has(reply) ? 'away' : 'refused', { reply })
}
