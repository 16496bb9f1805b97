/** Lets requests of some addresses pass, and of no others. */
import { Addresses, definePlugin, Type } from 'tacit-gateway/plugin'

export default definePlugin({
  contract: 1,
  name: 'ip-restriction',
  summary: 'Lets requests of some addresses pass, and of no others.',
  guard: true,
  config: Type.Object({
    allow: Addresses({ default: [], description: 'Who may call. Everybody who is not in `deny`, if not given.' }),
    deny: Addresses({ default: [], description: 'Who may not, even if they are in `allow`.' })
  }),
  reasons: {
    address_denied: { status: 403, message: 'Requests from this address are not served here.', retryable: false }
  },
  data: { reads: ['metadata'] },

  setup({ allow, deny }, host) {
    const isClosed = allow.ranges.length > 0
    if (!isClosed && deny.ranges.length === 0) throw new Error('Give `allow`, `deny`, or both.')
    const denied = host.refuse('address_denied')
    return {
      requestFilter(_exchange, { clientIp }) {
        if (deny.has(clientIp)) return denied
        return isClosed && !allow.has(clientIp) ? denied : undefined
      }
    }
  }
})
