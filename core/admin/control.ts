/**
 * The admin side of a running gateway: core's own endpoints and those of the
 * plugins that serve now, in one table, made by the same means.
 */
import type { Snapshot } from '../assembly.ts'
import { type ServedEndpoint, ServedEndpoints } from '../endpoints/served.ts'
import { configurationEndpoint, reloadEndpoint } from './configuration.ts'
import { descriptionEndpoint } from './description.ts'
import { explainEndpoint } from './explain.ts'
import { consumerEndpoints, groupEndpoints } from './identities.ts'
import { keyEndpoints } from './keys.ts'
import { drainPeerEndpoint, restPeerEndpoint, returnPeerEndpoint } from './peers.ts'
import type { AdminSource, CoreEndpoint } from './source.ts'
import { pluginsEndpoint, routesEndpoint, statusEndpoint, upstreamsEndpoint } from './state.ts'
import { exchangesEndpoint, trafficEndpoint } from './traffic.ts'

/** What core's endpoints belong to in the description. */
const OWNER = 'gateway'

/**
 * The endpoints of the admin listener, as the configuration that serves now has them.
 * @returns the same table until another configuration serves.
 */
export function adminEndpoints(source: AdminSource): () => ServedEndpoints {
  const tables = new WeakMap<Snapshot, ServedEndpoints>()
  const own: Readonly<Record<string, CoreEndpoint>> = {
    status: statusEndpoint(source),
    traffic: trafficEndpoint(source),
    exchanges: exchangesEndpoint(source),
    routes: routesEndpoint(source),
    upstreams: upstreamsEndpoint(source),
    drainPeer: drainPeerEndpoint(source),
    restPeer: restPeerEndpoint(source),
    returnPeer: returnPeerEndpoint(source),
    plugins: pluginsEndpoint(source),
    configuration: configurationEndpoint(source),
    reload: reloadEndpoint(source),
    explain: explainEndpoint(source),
    ...consumerEndpoints(source),
    ...groupEndpoints(source),
    ...keyEndpoints(source),
    openapi: descriptionEndpoint(() => table().all, source)
  }
  const core = Object.entries(own).map(
    ([name, entry]): ServedEndpoint => ({ id: name, owner: OWNER, path: entry.endpoint.path, ...entry })
  )
  const table = (): ServedEndpoints => {
    const snapshot = source.snapshot()
    const known = tables.get(snapshot)
    if (known !== undefined) return known
    const made = new ServedEndpoints([...core, ...snapshot.endpoints])
    tables.set(snapshot, made)
    return made
  }
  return table
}
