/**
 * What the `stores.redis:` block means to the client. Everything that decides
 * whether a command could run twice, or wait without end, is set here on purpose.
 */
import { readFileSync } from 'node:fs'
import type { ClusterNode, ClusterOptions, RedisOptions } from 'ioredis'
import type { RedisConfiguration } from '../configuration/stores-schema.ts'
import { GatewayError } from '../errors.ts'

/** How a connection is made: to one server, which sentinels may have to find, or to a cluster. */
export type RedisTarget =
  | { readonly kind: 'one'; readonly options: Options }
  | {
      readonly kind: 'cluster'
      readonly nodes: readonly ClusterNode[]
      readonly options: Omit<ClusterOptions, 'redisOptions'> & { readonly redisOptions: Options }
    }

/** The client's types want to know of RESP3's shapes, which RESP2 has not. */
type Options = Omit<RedisOptions, 'replyMapping'>

const DEFAULT_PORT = 6379
const DEFAULT_SENTINEL_PORT = 26_379
/** Longest pause before another try to connect, in ms: a Redis that is back is found within a second. */
const MAX_PAUSE_MS = 500
/** A connection on which an answer is missing for this long is given up, in ms: its other end may be gone for good. */
const DEAD_MS = 2_000

/**
 * The client's options.
 * @param blockMs How long commands on the connection wait by themselves (`XREAD BLOCK`); 0 for those that do not.
 * @throws GatewayError `TACIT_REDIS_FILE` when a PEM file cannot be read.
 */
export function redisTarget(configuration: RedisConfiguration, blockMs: number): RedisTarget {
  const { url, cluster, sentinel, database, username, password, connectTimeout } = configuration
  const addresses = url.map(text => addressOf(text, sentinel === undefined ? DEFAULT_PORT : DEFAULT_SENTINEL_PORT))
  const tls = url[0]?.startsWith('rediss:') === true ? tlsOptions(configuration) : undefined
  const common: Options = {
    // RESP2: every server and proxy speaks it, and of RESP3 nothing is used.
    protocol: 2,
    // A command whose answer was lost may have run. It fails, and whoever sent it decides; it is never sent again.
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    // Nobody queues for a connection that is not there.
    enableOfflineQueue: false,
    retryStrategy: pauseMs,
    // A master that became a replica is left: the next connection finds the new one. The command did not run.
    reconnectOnError: error => error.message.startsWith('READONLY'),
    // INFO is more than a user of few rights may ask for; a server that is loading says so by itself.
    enableReadyCheck: false,
    socketTimeout: DEAD_MS + blockMs,
    connectTimeout,
    disableClientInfo: true,
    connectionName: 'tacit',
    lazyConnect: true,
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password: password.reveal() }),
    ...(tls !== undefined && { tls })
  }
  if (cluster) {
    return {
      kind: 'cluster',
      nodes: addresses,
      options: {
        redisOptions: common,
        // A server of the cluster that is not connected yet is waited for, as long as the command has time.
        enableOfflineQueue: true,
        lazyConnect: true,
        // Tried again only where it is certain that the command did not run: MOVED and ASK.
        retryDelayOnFailover: 0,
        retryDelayOnClusterDown: 0,
        slotsRefreshTimeout: connectTimeout,
        clusterRetryStrategy: pauseMs,
        // With TLS the name is what is verified.
        ...(tls !== undefined && { dnsLookup: (host, callback) => callback(null, host) })
      }
    }
  }
  if (sentinel !== undefined) {
    return {
      kind: 'one',
      options: {
        ...common,
        db: database,
        name: sentinel.name,
        sentinels: addresses,
        sentinelRetryStrategy: pauseMs,
        sentinelCommandTimeout: connectTimeout,
        ...(sentinel.username !== undefined && { sentinelUsername: sentinel.username }),
        ...(sentinel.password !== undefined && { sentinelPassword: sentinel.password.reveal() }),
        ...(tls !== undefined && { sentinelTLS: tls, enableTLSForSentinelMode: true })
      }
    }
  }
  return { kind: 'one', options: { ...common, db: database, ...addresses[0] } }
}

/** Doubled with each try, and half of it by chance, so that gateways do not come back all at once. */
function pauseMs(tries: number): number {
  const pauseMs = Math.min(25 * 2 ** Math.min(tries, 10), MAX_PAUSE_MS)
  return pauseMs / 2 + (Math.random() * pauseMs) / 2
}

function addressOf(text: string, defaultPort: number): { readonly host: string; readonly port: number } {
  const { hostname, port } = new URL(text)
  return { host: hostname.replace(/^\[|\]$/g, ''), port: port === '' ? defaultPort : Number(port) }
}

function tlsOptions({ tls }: RedisConfiguration): NonNullable<RedisOptions['tls']> {
  return {
    ...(tls?.ca !== undefined && { ca: readPem(tls.ca) }),
    ...(tls?.cert !== undefined && { cert: readPem(tls.cert) }),
    ...(tls?.key !== undefined && { key: readPem(tls.key) }),
    ...(tls?.serverName !== undefined && { servername: tls.serverName })
  }
}

function readPem(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    throw new GatewayError('TACIT_REDIS_FILE', `"${file}" could not be read.`, 'Check `stores.redis.tls`.')
  }
}
