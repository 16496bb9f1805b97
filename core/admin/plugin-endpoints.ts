/** Puts the endpoints of plugin instances in their places: on the admin listener, or below the path of a route. */
import type { ServedEndpoint } from '../endpoints/served.ts'
import type { PluginInstance } from '../instances.ts'
import type { Endpoint } from '../plugin.ts'

/** Where the admin listener serves an instance: `/plugins/rate-limit.2`, since a `#` would have to be escaped. */
export function placeOf(instance: string): string {
  return `/plugins/${instance.replace('#', '.')}`
}

/** What instances serve on the admin listener. */
export function adminEndpointsOf(instances: readonly PluginInstance[]): readonly ServedEndpoint[] {
  return instances.flatMap(instance => served(instance, 'admin', placeOf(instance.name)))
}

/** What an instance serves on a route. @param path of the route, with `/*` at its end. */
export function publicEndpointsOf(instance: PluginInstance, path: string): readonly ServedEndpoint[] {
  return served(instance, 'public', path.replace(/\/\*$/, ''))
}

function served(
  { name, definition, endpoints }: PluginInstance,
  listener: Endpoint['listener'],
  place: string
): readonly ServedEndpoint[] {
  return Object.entries(definition.endpoints ?? {}).flatMap(([operation, endpoint]) => {
    const handle = endpoints[operation]
    if (endpoint.listener !== listener || handle === undefined) return []
    const path = endpoint.path === '/' ? place : `${place}${endpoint.path}`
    return [
      { id: `${name.replace('#', '.')}.${operation}`, owner: name, path: path === '' ? '/' : path, endpoint, handle }
    ]
  })
}
