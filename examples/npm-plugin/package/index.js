/** A plugin as a package brings it along: JavaScript, since Node runs no TypeScript in `node_modules`. */
import { Duration, definePlugin, Type } from 'tacit-gateway/plugin'

export default definePlugin({
  contract: 1,
  name: 'maintenance',
  summary: 'Answers 503 while a service is being maintained.',
  config: Type.Object({
    on: Type.Boolean({ default: false, description: 'Whether it is being maintained now.' }),
    retryAfter: Duration({ default: '1m', description: 'When clients may try again.' })
  }),
  reasons: {
    maintenance: { status: 503, message: 'This service is being maintained. Try again later.', retryable: true }
  },
  data: { reads: ['metadata'] },

  setup({ on, retryAfter }, host) {
    if (!on) return {}
    return { requestFilter: () => host.refuse('maintenance', { retryAfterMs: retryAfter }) }
  }
})
