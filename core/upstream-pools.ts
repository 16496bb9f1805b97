/**
 * The upstreams of a configuration, with the connections of the one before it
 * wherever these are to go to the same server in the same way.
 */
import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { createSecureContext } from 'node:tls'
import { fingerprint } from './configuration/fingerprints.ts'
import type { PeerConfiguration, UpstreamConfiguration } from './configuration/schema.ts'
import { GatewayError } from './errors.ts'
import type { HostBase } from './host.ts'
import { errorCode } from './log.ts'
import { Shared } from './shared.ts'
import { PeerChecks } from './upstream/health/checks.ts'
import { UpstreamHealth } from './upstream/health/health.ts'
import { Sharing } from './upstream/health/sharing.ts'
import { Places } from './upstream/places.ts'
import { RetryBudget } from './upstream/retry.ts'
import type { Connections } from './upstream/transport.ts'
import { LivePeer, type Upstream } from './upstream/upstream.ts'

/** Upstreams at work. */
export interface UpstreamPools {
  readonly upstreams: ReadonlyMap<string, Upstream>
  /** What the configuration after this one may go on with, by what it depends on. */
  readonly peers: ReadonlyMap<string, LivePeer>
  readonly connections: ReadonlyMap<string, Shared<Connections>>
  readonly budgets: ReadonlyMap<string, RetryBudget>
  readonly places: ReadonlyMap<string, Places>
  /** By the id of the upstream. */
  readonly health: ReadonlyMap<string, Shared<Watch>>
  /** Begins to look after the health of these peers. Call it when this configuration begins to serve, and in no dry run. */
  begin(): void
}

/**
 * Opens nothing yet: connections are opened as they are needed. Nothing of what is made here refers to the
 * configuration before it, or all that ever were would stay in memory.
 * @throws GatewayError `TACIT_AUTHORITIES_UNREADABLE`, `TACIT_CLIENT_CERTIFICATE_INVALID`.
 */
export function openUpstreams(
  configurations: readonly UpstreamConfiguration[],
  base: HostBase,
  before?: UpstreamPools
): UpstreamPools {
  const proofs = configurations.map(({ tls }) => readProofs(tls))
  const upstreams = new Map<string, Upstream>()
  const watches = new Map<string, Shared<Watch>>()
  const pools = {
    upstreams,
    peers: new Map<string, LivePeer>(),
    connections: new Map<string, Shared<Connections>>(),
    budgets: new Map<string, RetryBudget>(),
    places: new Map<string, Places>(),
    health: watches,
    begin: beginner(configurations, upstreams, watches)
  }
  for (const [index, upstream] of configurations.entries()) {
    const { id, hostHeader, timeouts, retry } = upstream
    const { random } = base
    const rule = fingerprint([id, retry.budget, retry.minPerSecond])
    const budget = before?.budgets.get(rule) ?? new RetryBudget(base.clock, retry.budget, retry.minPerSecond)
    pools.budgets.set(rule, budget)
    const health = (before?.health.get(id) ?? watch(id, base)).use()
    pools.health.set(id, health)
    upstreams.set(id, {
      id,
      peers: upstream.peers.map(peer => openPeer(upstream, peer, proofs[index], base, pools, before)),
      hostHeader,
      timeouts: { ...timeouts, perTry: timeouts.perTry ?? Number.POSITIVE_INFINITY },
      retry: {
        attempts: retry.attempts,
        on: new Set(retry.on),
        nonIdempotent: retry.nonIdempotent,
        idempotencyKey: retry.idempotencyKey,
        backoffMs: retry.backoff,
        maxBackoffMs: retry.maxBackoff,
        maxRetryAfterMs: retry.maxRetryAfter
      },
      budget,
      places: placesOf(upstream, base, pools.places, before),
      random,
      health: health.value.health
    })
  }
  return pools
}

/** A function of its own, so that it keeps nothing of what the upstreams were opened with. */
function beginner(
  configurations: readonly UpstreamConfiguration[],
  upstreams: ReadonlyMap<string, Upstream>,
  watches: ReadonlyMap<string, Shared<Watch>>
): () => void {
  return () => {
    for (const { id, health } of configurations) {
      const upstream = upstreams.get(id)
      if (upstream === undefined) continue
      upstream.health.moveTo(upstream.peers, health)
      const watch = watches.get(id)?.value
      watch?.checks.moveTo(upstream.peers, health?.check)
      void watch?.sharing?.moveTo(upstream.peers)
    }
  }
}

/** Begins to open connections ahead of requests. Call it when the configuration begins to serve. */
export function warmUpstreams({ connections }: UpstreamPools): void {
  for (const { value } of connections.values()) value.warm?.()
}

/** Closes the connections that no other configuration uses. */
export async function releaseUpstreams({ connections, health }: UpstreamPools): Promise<void> {
  await Promise.all([...connections.values(), ...health.values()].map(shared => shared.release()))
}

/** How soon what another process has said is known here, in ms. */
const SHARED_MS = 1_000

/** Who looks after the peers of one upstream. */
interface Watch {
  readonly health: UpstreamHealth<LivePeer>
  readonly checks: PeerChecks
  /** Undefined where no other process looks into the store. */
  readonly sharing: Sharing | undefined
}

/** Tells in the log which peers are left out, and which are back. */
function watch(upstream: string, base: HostBase): Shared<Watch> {
  const { clock, wheel, logger, random, store } = base
  const health = new UpstreamHealth<LivePeer>({
    clock,
    wheel,
    told(peer, state, facts) {
      void sharing?.tell(peer, state, facts)
      const { reason, leftMs } = facts
      if (state === 'warming' || state === 'serving') logger.event('peer_used', { upstream, peer, state })
      else {
        const forMs = leftMs === null ? {} : { forMs: leftMs }
        logger.event('peer_dropped', { upstream, peer, state, ...(reason !== null && { reason }), ...forMs })
      }
    }
  })
  const checks = new PeerChecks({ upstream, clock, wheel, random, store, owner: health })
  const sharing = base.sharesStore ? new Sharing({ upstream, store, clock, taker: health }) : undefined
  const stop =
    sharing === undefined
      ? () => {}
      : base.repeat(
          SHARED_MS,
          () => sharing.poll(),
          () => {}
        )
  return new Shared({ health, checks, sharing }, async () => {
    stop()
    checks.close()
    health.close()
  })
}

/** Who is under way and who waits goes on being counted while the bounds stay the same. */
function placesOf(
  { id, limits, connections }: UpstreamConfiguration,
  { clock, random }: HostBase,
  places: Map<string, Places>,
  before: UpstreamPools | undefined
): Places {
  const bounds = {
    inFlight: limits.inFlight ?? Number.POSITIVE_INFINITY,
    peerInFlight: Math.min(limits.peerInFlight ?? connections.max, connections.max),
    retries: limits.retries,
    waiting: limits.waiting,
    waitMs: limits.wait
  }
  const key = fingerprint([id, bounds])
  const own = before?.places.get(key) ?? new Places(bounds, clock, random)
  places.set(key, own)
  return own
}

function openPeer(
  { id, tls, connections: bounds, egress, transport }: UpstreamConfiguration,
  peer: PeerConfiguration,
  proofs: Proofs | undefined,
  base: HostBase,
  pools: { readonly peers: Map<string, LivePeer>; readonly connections: Map<string, Shared<Connections>> },
  before: UpstreamPools | undefined
): LivePeer {
  const origin = new URL(peer.url)
  const name = tls?.serverName ?? (isIP(origin.hostname.replace(/^\[|\]$/g, '')) === 0 ? origin.hostname : undefined)
  const serverName = origin.protocol === 'https:' ? name : undefined
  const { ca, cert, key } = proofs ?? {}
  const options = {
    max: bounds.max,
    keepAliveMs: bounds.keepAlive,
    warm: bounds.warm,
    dnsRefreshMs: bounds.dnsRefresh,
    allow: egress.allow,
    ca,
    cert,
    key,
    serverName
  }
  const way = fingerprint([id, peer.id, origin.origin, options, transport])
  const shared = before?.connections.get(way) ?? share(base.connect(origin.origin, options, transport))
  pools.connections.set(way, shared.use())
  const { weight, priority, region } = peer
  const labels = region === undefined ? peer.labels : { ...peer.labels, region }
  const same = fingerprint([way, peer.url, weight, priority, labels])
  const live = before?.peers.get(same) ?? new LivePeer({ id: peer.id, origin, weight, priority, labels }, shared.value)
  pools.peers.set(same, live)
  return live
}

function share(connections: Connections): Shared<Connections> {
  return new Shared(connections, () => connections.close())
}

/** What an upstream proves itself by, and what the gateway shows to it. PEM. */
interface Proofs {
  readonly ca: string | undefined
  readonly cert: string | undefined
  readonly key: string | undefined
}

/** Read at every load, so that files that were replaced count from the next reload on. */
function readProofs(tls: UpstreamConfiguration['tls']): Proofs | undefined {
  if (tls === undefined) return undefined
  const proofs = { ca: readPem('ca', tls.ca), cert: readPem('cert', tls.cert), key: readPem('key', tls.key) }
  const { cert, key } = proofs
  if (cert === undefined || key === undefined) return proofs
  try {
    createSecureContext({ cert, key })
  } catch (error) {
    throw new GatewayError(
      'TACIT_CLIENT_CERTIFICATE_INVALID',
      `The certificate in "${tls.cert}" cannot be shown to peers with its key (${errorCode(error)}).`,
      'Check `tls.cert` and `tls.key`.'
    )
  }
  return proofs
}

function readPem(what: 'ca' | 'cert' | 'key', file: string | undefined): string | undefined {
  if (file === undefined) return undefined
  try {
    return readFileSync(file, 'utf8')
  } catch {
    throw new GatewayError(
      what === 'ca' ? 'TACIT_AUTHORITIES_UNREADABLE' : 'TACIT_CLIENT_CERTIFICATE_INVALID',
      `The ${what === 'ca' ? 'authorities' : what === 'cert' ? 'certificate' : 'key'} in "${file}" could not be read.`,
      `Check \`tls.${what}\`.`
    )
  }
}
