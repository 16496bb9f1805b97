/** Endpoints for the tests of this folder and of those who serve them. */
import type { ServedEndpoint } from '../../../core/endpoints/served.ts'
import { type Endpoint, Type } from '../../../core/plugin.ts'

const PLAIN = {
  listener: 'admin',
  method: 'GET',
  path: '/things',
  role: 'viewer',
  summary: 'Tells things.',
  response: Type.Object({ said: Type.String() })
} as const satisfies Endpoint

/** An endpoint that answers with `{ said: 'hello' }`, where nothing else is given. */
export function served(
  given: Partial<Endpoint> = {},
  handle: ServedEndpoint['handle'] = () => ({ said: 'hello' }),
  owner = 'things'
): ServedEndpoint {
  const endpoint: Endpoint = { ...PLAIN, ...given }
  return { id: `${owner}.${endpoint.method}${endpoint.path}`, owner, path: endpoint.path, endpoint, handle }
}
