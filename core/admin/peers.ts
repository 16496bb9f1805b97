/** Takes peers out by hand, lets them rest, and puts them back. What holds in one process holds in all that share a store. */
import { Type } from '@sinclair/typebox'
import { endpointRefusal } from '../endpoints/reasons.ts'
import type { UpstreamHealth } from '../upstream/health/health.ts'
import type { LivePeer } from '../upstream/upstream.ts'
import { type AdminSource, type CoreEndpoint, coreEndpoint } from './source.ts'

const DAY_MS = 86_400_000

/** What is answered to each of them: how the peer stands now. */
const Standing = Type.Object({ upstream: Type.String(), peer: Type.String(), state: Type.String() })

/** Nothing new goes to the peer until it is returned; what is under way there ends as it would. */
export function drainPeerEndpoint(source: AdminSource): CoreEndpoint {
  const endpoint = {
    listener: 'admin',
    method: 'POST',
    path: '/v1/upstreams/{upstream}/peers/{peer}/drain',
    role: 'operator',
    summary: 'Sends nothing new to a peer until it is returned; what is under way there goes on.',
    response: Standing
  } as const
  return coreEndpoint(endpoint, ({ params }) => change(source, params, (health, peer) => health.drain(peer)))
}

/** The same for a while, and only as long as another peer can be used. */
export function restPeerEndpoint(source: AdminSource): CoreEndpoint {
  const endpoint = {
    listener: 'admin',
    method: 'POST',
    path: '/v1/upstreams/{upstream}/peers/{peer}/rest',
    role: 'operator',
    summary: 'Sends nothing new to a peer for a while, as long as another can be used.',
    request: Type.Object({ forMs: Type.Integer({ minimum: 1, maximum: DAY_MS, description: 'How long.' }) }),
    response: Standing
  } as const
  return coreEndpoint(endpoint, ({ params, input }) =>
    change(source, params, (health, peer) => health.rest(peer, input.forMs))
  )
}

/** Puts a peer back, whoever took it out. */
export function returnPeerEndpoint(source: AdminSource): CoreEndpoint {
  const endpoint = {
    listener: 'admin',
    method: 'POST',
    path: '/v1/upstreams/{upstream}/peers/{peer}/return',
    role: 'operator',
    summary: 'Puts a peer back that was drained, rests or was left out, and forgets what counted against it.',
    response: Standing
  } as const
  return coreEndpoint(endpoint, ({ params }) => change(source, params, (health, peer) => health.restore(peer)))
}

function change(
  { snapshot }: AdminSource,
  params: Readonly<Record<string, string>>,
  act: (health: UpstreamHealth<LivePeer>, peer: string) => boolean
) {
  const { upstream = '', peer = '' } = params
  const found = snapshot().upstreams.find(({ id }) => id === upstream)
  if (found === undefined || !act(found.health, peer)) throw endpointRefusal('no_such_peer')
  return { upstream, peer, state: found.health.factsOf(peer)?.state ?? 'serving' }
}
