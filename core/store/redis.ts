/**
 * The connection to the Redis that gateways share: every command has a deadline,
 * a breaker leaves alone what does not answer, and a failure is a code without
 * content. Knows nothing of what is kept there.
 *
 * A command that was sent once is never sent again: whether one whose answer was
 * lost has run is for its sender to find out ({@link RedisError.mayHaveRun}).
 */
import { Cluster, Redis } from 'ioredis'
import type { Clock } from '../clock.ts'
import type { RedisConfiguration } from '../configuration/stores-schema.ts'
import type { Health } from '../plugin.ts'
import { Breaker } from './breaker.ts'
import { RedisError, type RedisFailure, redisErrorOf } from './redis-error.ts'
import { redisKey } from './redis-keys.ts'
import { type RedisTarget, redisTarget } from './redis-options.ts'
import type { RedisScript } from './redis-script.ts'

/** One argument of a command, sent as its bytes. */
export type RedisArgument = string | number | Uint8Array

/** Settings of one command. */
export interface RedisCommandOptions {
  /** Time for the command, in ms; the configured one if not given. */
  readonly deadlineMs?: number
  /** Whether texts in the reply are handed over as their bytes. */
  readonly binary?: boolean
}

/** What a client tells of its commands. */
export interface RedisMeasures {
  /** A command is over. `durationMs` is 0 for one that was never sent. */
  command(outcome: 'ok' | RedisFailure, durationMs: number): void
}

/** What a client is made with. */
export interface RedisParts {
  readonly clock: Clock
  readonly measures?: RedisMeasures
}

/** Time for the server to say how it is, in ms. */
const HEALTH_MS = 500

/** A connection, or a set of them to a cluster. Opened lazily or by {@link open}; must be closed. */
export class RedisClient {
  readonly #configuration: RedisConfiguration
  readonly #parts: RedisParts
  readonly #client: Redis | Cluster
  readonly #breaker: Breaker
  readonly #others = new Set<RedisClient>()
  #fault: RedisError | undefined
  #isClosed = false
  #isGathering = false

  /**
   * @param blockMs How long commands on this connection wait by themselves; 0 for those that do not.
   * @throws GatewayError `TACIT_REDIS_FILE` when a PEM file cannot be read.
   */
  constructor(configuration: RedisConfiguration, parts: RedisParts, blockMs = 0) {
    this.#configuration = configuration
    this.#parts = parts
    const { failures, pause } = configuration.breaker
    this.#breaker = new Breaker(parts.clock, { failures, pauseMs: pause })
    this.#client = clientOf(redisTarget(configuration, blockMs))
    // Of what goes wrong between commands only the code is kept, for `health`.
    const note = (error: unknown) => {
      this.#fault = redisErrorOf(error)
    }
    this.#client.on('error', note)
    this.#client.on('node error', note)
    this.#client.on('ready', () => {
      this.#fault = undefined
    })
  }

  /** Whether only keys of one owner may stand in one command. */
  get isCluster(): boolean {
    return this.#configuration.cluster
  }

  /** Whether there is a connection. */
  get isConnected(): boolean {
    return this.#client.status === 'ready'
  }

  /** Whether a command would be sent, and those before it were answered. */
  get isAnswering(): boolean {
    return this.isConnected && !this.#breaker.isOpen
  }

  /**
   * Begins to connect, and to reconnect whenever the connection is lost. Resolves when the server has answered, or
   * when `connectTimeout` is over; never rejects, for a gateway can do without Redis for a while.
   */
  async open(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const timer = setTimeout(resolve, this.#configuration.connectTimeout)
    this.#client.once('ready', resolve)
    if (this.#client.status === 'wait') this.#client.connect().catch(() => {})
    else if (this.isConnected) resolve()
    await promise
    clearTimeout(timer)
    this.#client.off('ready', resolve)
    if (!this.isConnected) return
    // Each server of a cluster is connected to with the first command for it.
    const servers = this.#client instanceof Cluster ? this.#client.nodes('master') : [this.#client]
    const answers = servers.map(server => this.#timed(server.ping(), this.#configuration.connectTimeout))
    await Promise.allSettled(answers)
  }

  /** The name of a key that stands where all others of `owner` do, so that one script can work on them. */
  key(owner: string, name: string): string {
    return redisKey(this.#configuration.keyPrefix, owner, name)
  }

  /**
   * Sends one command.
   * @returns the reply in the shapes of RESP2: text, numbers, null, lists.
   * @throws RedisError
   */
  command(name: string, args: readonly RedisArgument[], options: RedisCommandOptions = {}): Promise<unknown> {
    return this.#guarded(options, () => {
      const sent = args.map(bytesOf)
      return options.binary === true ? this.#client.callBuffer(name, sent) : this.#client.call(name, sent)
    })
  }

  /**
   * Sends several commands at once, for keys of one owner. They run in order, and others may run between them.
   * @returns their replies in order; where Redis refused one, the RedisError in place of its reply.
   * @throws RedisError when the connection or the time was not enough; some may have run then.
   */
  async pipeline(
    commands: readonly (readonly [name: string, ...args: RedisArgument[]])[],
    options: RedisCommandOptions = {}
  ): Promise<readonly unknown[]> {
    const replies = await this.#guarded(options, async () => {
      const pipeline = this.#client.pipeline()
      for (const [name, ...args] of commands) {
        if (options.binary === true) pipeline.callBuffer(name, ...args.map(bytesOf))
        else pipeline.call(name, ...args.map(bytesOf))
      }
      const results = (await pipeline.exec()) ?? []
      return results.map(([error, reply]) => {
        if (error === null) return reply
        const failure = redisErrorOf(error)
        if (failure.failure !== 'refused') throw failure
        return failure
      })
    })
    return Array.isArray(replies) ? replies : []
  }

  /**
   * Runs a script, whose source is sent only where Redis does not know it.
   * @param keys All of one owner.
   * @throws RedisError
   */
  async run(
    script: RedisScript,
    keys: readonly string[],
    args: readonly RedisArgument[],
    options: RedisCommandOptions = {}
  ): Promise<unknown> {
    const deadlineMs = options.deadlineMs ?? this.#configuration.commandTimeout
    const startedMs = this.#parts.clock.monotonic()
    try {
      return await this.command('evalsha', [script.sha1, keys.length, ...keys, ...args], { ...options, deadlineMs })
    } catch (error) {
      // It has not run then: a server that was restarted, or whose scripts were flushed, has forgotten it.
      if (!(error instanceof RedisError) || error.reply !== 'NOSCRIPT') throw error
      const leftMs = deadlineMs - (this.#parts.clock.monotonic() - startedMs)
      const sent = { ...options, deadlineMs: Math.max(leftMs, 0) }
      return await this.command('eval', [script.source, keys.length, ...keys, ...args], sent)
    }
  }

  /**
   * Another connection, for commands that wait by themselves (`XREAD BLOCK`), which would hold up all others on this
   * one. It is closed with this one, and has a breaker of its own.
   * @param blockMs The longest that they wait.
   */
  waiting(blockMs: number): RedisClient {
    // Not measured: how long its commands take says how long they were asked to wait.
    const other = new RedisClient(this.#configuration, { clock: this.#parts.clock }, blockMs)
    this.#others.add(other)
    return other
  }

  /** Asks the server whether it answers. Without it the gateway goes on, so it is never worse than degraded. */
  async health(): Promise<Health> {
    try {
      await this.command('ping', [], { deadlineMs: HEALTH_MS })
      return { status: 'ok' }
    } catch (error) {
      const fault = this.#fault ?? redisErrorOf(error)
      return { status: 'degraded', detail: fault.message }
    }
  }

  /** Lets go of the connection and of all that were made of it. What still waits for an answer fails. */
  close(): void {
    this.#isClosed = true
    for (const other of this.#others) other.close()
    this.#client.disconnect()
  }

  async #guarded({ deadlineMs }: RedisCommandOptions, send: () => Promise<unknown>): Promise<unknown> {
    const { clock, measures } = this.#parts
    if (this.#isClosed || !this.isConnected) {
      if (this.#client.status === 'wait' && !this.#isClosed) this.#client.connect().catch(() => {})
      measures?.command('away', 0)
      throw this.#fault?.failure === 'refused' ? this.#fault : new RedisError('away')
    }
    if (!this.#breaker.admits()) {
      measures?.command('resting', 0)
      throw new RedisError('resting')
    }
    const startedMs = clock.monotonic()
    this.#gather()
    try {
      const reply = await this.#timed(send(), deadlineMs ?? this.#configuration.commandTimeout)
      this.#breaker.succeeded()
      measures?.command('ok', clock.monotonic() - startedMs)
      return reply
    } catch (error) {
      const failure = redisErrorOf(error)
      if (failure.failure === 'refused') this.#breaker.succeeded()
      else this.#breaker.failed()
      measures?.command(failure.failure, clock.monotonic() - startedMs)
      throw failure
    }
  }

  /** Commands of one turn leave in one write: most of what a command costs here is the call of the system. */
  #gather(): void {
    if (this.#isGathering || this.#client instanceof Cluster) return
    const { stream } = this.#client
    this.#isGathering = true
    stream.cork()
    process.nextTick(() => {
      this.#isGathering = false
      stream.uncork()
    })
  }

  #timed<Value>(answer: Promise<Value>, deadlineMs: number): Promise<Value> {
    return new Promise((resolve, reject) => {
      let late: NodeJS.Immediate | undefined
      // Timers come before sockets in a turn of the event loop: an answer that has arrived meanwhile still counts.
      const timer = setTimeout(() => {
        late = setImmediate(() => reject(new RedisError('slow', { mayHaveRun: true })))
      }, deadlineMs)
      const settled = () => {
        clearTimeout(timer)
        if (late !== undefined) clearImmediate(late)
      }
      answer.then(
        value => {
          settled()
          resolve(value)
        },
        (error: unknown) => {
          settled()
          reject(redisErrorOf(error))
        }
      )
    })
  }
}

function clientOf(target: RedisTarget): Redis | Cluster {
  return target.kind === 'one' ? new Redis(target.options) : new Cluster([...target.nodes], target.options)
}

function bytesOf(argument: RedisArgument): string | number | Buffer {
  if (typeof argument !== 'object') return argument
  return Buffer.from(argument.buffer, argument.byteOffset, argument.byteLength)
}
