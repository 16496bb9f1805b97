/** A request filter: refuses models that are not on a list. */
import { definePlugin, Type } from 'tacit-gateway/plugin'

export default definePlugin({
  contract: 1,
  name: 'model-allowlist',
  summary: 'Refuses models that are not on a list.',
  guard: true,
  config: Type.Object({
    models: Type.Array(Type.String(), { minItems: 1, description: 'Models that may be asked for.' })
  }),
  reasons: {
    model_not_allowed: { status: 403, message: 'This model may not be used here.', retryable: false }
  },
  data: { reads: ['request-body'] },

  setup(config, host) {
    const models = new Set(config.models)
    return {
      requestFilter(exchange, request) {
        // Found without parsing the rest, and refused where a parser behind us might read something else.
        const [model] = request.body.scan(['model'])
        const isAllowed = typeof model === 'string' && models.has(model)
        exchange.decide('model', { allowed: isAllowed })
        return isAllowed ? undefined : host.refuse('model_not_allowed')
      }
    }
  }
})
