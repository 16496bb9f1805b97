/** The description of all endpoints of the admin listener, itself one of them. */
import { Type } from '@sinclair/typebox'
import { openApiDocument } from '../endpoints/openapi.ts'
import type { ServedEndpoint } from '../endpoints/served.ts'
import { VERSION } from '../version.ts'
import { type AdminSource, type CoreEndpoint, coreEndpoint } from './source.ts'

/** @param served every endpoint of the listener. */
export function descriptionEndpoint(
  served: () => readonly ServedEndpoint[],
  { needsToken }: AdminSource
): CoreEndpoint {
  const endpoint = {
    listener: 'admin',
    method: 'GET',
    path: '/v1/openapi.json',
    role: 'viewer',
    summary: 'Describes this API in OpenAPI 3.1, with the endpoints of the plugins in use.',
    response: Type.Object({
      openapi: Type.String(),
      info: Type.Unknown(),
      servers: Type.Unknown(),
      tags: Type.Unknown(),
      paths: Type.Unknown(),
      components: Type.Unknown()
    })
  } as const
  return coreEndpoint(endpoint, () => openApiDocument(served(), { version: VERSION, needsToken: needsToken() }))
}
