/** Proves the gateway to an upstream: puts its own credential in place of whatever the client sent. */
import { definePlugin, Secret, Type } from 'tacit-gateway/plugin'
import { withParameter } from './query.ts'

export default definePlugin({
  contract: 1,
  name: 'upstream-auth',
  summary: "Sends the gateway's own credential to an upstream.",
  // Without it, a request would leave with the credential that the client sent.
  guard: true,
  config: Type.Object({
    header: Type.Optional(
      Type.String({
        pattern: "^[!#$%&'*+.^_`|~0-9A-Za-z-]+$",
        description: 'Header that carries the credential. `authorization`, if neither this nor `query` is given.'
      })
    ),
    scheme: Type.Optional(
      Type.String({
        pattern: "^[!#$%&'*+.^_`|~0-9A-Za-z-]*$",
        description: 'Word before the secret in the header. `Bearer` for `authorization`, else empty.'
      })
    ),
    query: Type.Optional(
      Type.String({
        pattern: '^[A-Za-z0-9._~-]+$',
        description: 'Parameter of the query that carries the secret, instead of a header.'
      })
    ),
    secret: Secret({ description: 'The credential that the provider gave out.' })
  }),
  data: { reads: ['metadata'] },

  setup({ header, scheme, query, secret }) {
    const text = secret.reveal()
    if (query !== undefined) {
      if (header !== undefined || scheme !== undefined) {
        throw new Error('`query` takes the place of a header: leave `header` and `scheme` out, or `query`.')
      }
      const parameter = `${query}=${encodeURIComponent(text)}`
      return {
        upstreamRequestFilter(_exchange, request) {
          request.target = withParameter(request.target, query, parameter)
        }
      }
    }

    // RFC 9110, 5.5, without the obsolete octets above ASCII.
    if (!/^[!-~]+(?: +[!-~]+)*$/.test(text)) {
      throw new Error('`secret` cannot stand in a header: it must be one line of ASCII, with no space at either end.')
    }
    const name = header ?? 'authorization'
    const word = scheme ?? (name.toLowerCase() === 'authorization' ? 'Bearer' : '')
    const value = word === '' ? text : `${word} ${text}`
    return {
      upstreamRequestFilter(_exchange, request) {
        request.headers.set(name, value)
      }
    }
  }
})
