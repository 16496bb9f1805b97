/** Lets pages of other origins use a route (Fetch, section 3.2). Stands before authentication: a preflight carries no key. */
import {
  type DownstreamRequest,
  Duration,
  definePlugin,
  type HeadersEditor,
  privateKey,
  Type
} from 'tacit-gateway/plugin'
import { hasToken, tokensOf } from './lists.ts'
import { compileOrigins } from './origins.ts'

/** The origin of this request, if it is allowed. */
const ALLOWED = privateKey<string>('cors.allowed-origin')

const Token = (description: string) => Type.String({ pattern: "^[!#$%&'*+.^_`|~0-9A-Za-z-]+$", description })

export default definePlugin({
  contract: 1,
  name: 'cors',
  summary: 'Lets pages of other origins use a route.',
  config: Type.Object({
    origins: Type.Array(Type.String(), {
      minItems: 1,
      description: 'Who may: `https://app.example.com`, all below a domain as `https://*.example.com`, or `*`.'
    }),
    methods: Type.Array(Token('A method.'), {
      default: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
      description: 'Methods that pages may use.'
    }),
    headers: Type.Array(Token('A name.'), {
      default: ['*'],
      description: 'Request headers that pages may send. `*`: whichever they ask for.'
    }),
    expose: Type.Array(Token('A name.'), {
      default: ['retry-after', 'x-request-id', 'x-tacit-request-id'],
      description: 'Response headers that pages may read, besides those that they always may.'
    }),
    credentials: Type.Boolean({
      default: false,
      description: 'Whether browsers send cookies and client certificates along. Not with the origin `*`.'
    }),
    maxAge: Duration({ default: '10m', description: 'How long browsers may keep the answer to a preflight.' }),
    privateNetwork: Type.Boolean({
      default: false,
      description:
        'Whether public pages may reach this gateway at a private address (`access-control-request-private-network`).'
    })
  }),
  data: { reads: ['metadata'] },

  setup({ origins, methods, headers: requestHeaders, expose, credentials, maxAge, privateNetwork }) {
    const allowed = compileOrigins(origins)
    if (credentials && (allowed.any || methods.includes('*') || expose.includes('*'))) {
      throw new Error('`credentials: true` does not go with `*` in `origins`, `methods` or `expose`: list what may be.')
    }
    const allowMethods = methods.join(', ')
    const exposeHeaders = expose.join(', ')
    const echoesHeaders = requestHeaders.includes('*')
    const maxAgeSeconds = `${Math.floor(maxAge / 1000)}`

    /** What only the answer to a preflight says; the rest is added to it as to every response. */
    const preflightHeaders = ({ headers }: DownstreamRequest): Record<string, string> => {
      const asked = echoesHeaders ? tokensOf(headers.get('access-control-request-headers') ?? '') : requestHeaders
      return {
        'access-control-allow-methods': allowMethods,
        ...(asked.length > 0 && { 'access-control-allow-headers': asked.join(', ') }),
        'access-control-max-age': maxAgeSeconds,
        ...(privateNetwork &&
          headers.get('access-control-request-private-network') === 'true' && {
            'access-control-allow-private-network': 'true'
          }),
        vary: 'access-control-request-method, access-control-request-headers'
      }
    }

    return {
      requestFilter(exchange, request) {
        const origin = request.headers.get('origin')
        if (origin === undefined) return
        const isAllowed = allowed.allows(origin)
        if (isAllowed) exchange.set(ALLOWED, origin)
        if (request.method !== 'OPTIONS') return
        if (request.headers.get('access-control-request-method') === undefined) return
        exchange.decide('preflight', { allowed: isAllowed })
        return { status: 204, headers: isAllowed ? preflightHeaders(request) : {} }
      },

      responseFilter(exchange, { headers }) {
        const origin = allowed.any ? '*' : exchange.get(ALLOWED)
        if (!allowed.any) addVary(headers, 'origin')
        // Whatever the upstream says of origins was said to the gateway.
        put(headers, 'access-control-allow-origin', origin)
        put(headers, 'access-control-allow-credentials', origin !== undefined && credentials ? 'true' : undefined)
        put(
          headers,
          'access-control-expose-headers',
          exposeHeaders === '' || origin === undefined ? undefined : exposeHeaders
        )
      }
    }
  }
})

function put(headers: HeadersEditor, name: string, value: string | undefined): void {
  if (value === undefined) headers.delete(name)
  else headers.set(name, value)
}

/** A cache may not hand one origin's response to another (RFC 9110, 12.5.5). */
function addVary(headers: HeadersEditor, name: string): void {
  const vary = headers.get('vary')
  if (vary === undefined || !(hasToken(vary, name) || hasToken(vary, '*'))) headers.append('vary', name)
}
