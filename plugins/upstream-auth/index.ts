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
        description:
          'Header that carries the credential. That which the provider of the upstream expects, as the catalogue has it, if neither this nor `query` is given; else `authorization`.'
      })
    ),
    scheme: Type.Optional(
      Type.String({
        pattern: "^[!#$%&'*+.^_`|~0-9A-Za-z-]*$",
        description:
          'Word before the secret in the header. That which the provider expects, where it chooses the header; else `Bearer` for `authorization`, and empty for others.'
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

  setup({ header, scheme, query, secret }, host) {
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
    const carriedBy = (by: Carrier): Carried => {
      const word = scheme ?? by.scheme ?? ''
      return { by, value: word === '' ? text : `${word} ${text}` }
    }
    const isUsual = header?.toLowerCase() === USUAL.header
    const own = header === undefined ? undefined : carriedBy({ header, scheme: isUsual ? USUAL.scheme : undefined })
    let last = own ?? carriedBy(USUAL)
    return {
      upstreamRequestFilter({ target }, { headers }) {
        if (own === undefined) {
          const provider = target?.upstream.provider
          // The catalogue is read already where an upstream names a provider.
          const by = (provider === undefined ? undefined : host.catalogue.provider(provider)?.credential) ?? USUAL
          if (by !== last.by) last = carriedBy(by)
          // Some providers take a credential there, too, and would believe the client's.
          if (by.header !== USUAL.header) headers.delete(USUAL.header)
        }
        headers.set(last.by.header, last.value)
      }
    }
  }
})

/** How a credential is carried. */
interface Carrier {
  readonly header: string
  readonly scheme: string | undefined
}

/** A credential, as it is carried. */
interface Carried {
  readonly by: Carrier
  /** What stands in the header. */
  readonly value: string
}

const USUAL: Carrier = { header: 'authorization', scheme: 'Bearer' }
