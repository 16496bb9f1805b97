/** Holds the model of a request against those that its credential is good for. */
import { formatOf, modelInPath, readRequest } from 'tacit-gateway/dialects'
import { CREDENTIAL, definePlugin, holdsModel, MODELS_CHECKED, Type } from 'tacit-gateway/plugin'

/** Members besides `model` in which some servers look for further models, such as for a fallback. */
const MORE = ['models', 'fallbacks', 'fallback_models'] as const

export default definePlugin({
  contract: 1,
  name: 'model-scope',
  summary: 'Refuses models that a credential is not good for.',
  guard: true,
  config: Type.Object({}),
  reasons: {
    model_not_allowed: { status: 403, message: 'This credential is not good for this model.', retryable: false },
    model_not_told: {
      status: 403,
      message: 'This credential is good for some models only, and the request names none.',
      retryable: false
    }
  },
  requires: [CREDENTIAL],
  provides: [MODELS_CHECKED],
  data: { reads: ['identity', 'request-body'] },

  setup: (_config, host) => ({
    requestFilter(exchange, request) {
      const models = exchange.need(CREDENTIAL).goodFor?.models
      if (models !== undefined) {
        // Scanned first: a parser passes over all but the last of two members with one name.
        request.body.scan(['model', ...MORE])
        const body = request.body.json(Type.Object({}, { additionalProperties: true }))
        const names = namesIn(exchange.dialect, request.target, body)
        if (names.length === 0) return host.refuse('model_not_told')
        if (!names.every(name => holdsModel(models, name))) return host.refuse('model_not_allowed')
      }
      exchange.set(MODELS_CHECKED, true)
      return undefined
    }
  })
})

/** Every model that a request names anywhere: whichever of them an upstream believes must be allowed. */
function namesIn(
  dialect: Parameters<typeof formatOf>[0],
  target: string,
  body: Readonly<Record<string, unknown>>
): readonly string[] {
  const names = new Set<string>()
  const { model } = readRequest(formatOf(dialect, target), target, body)
  for (const name of [model, modelInPath(target), textOf(body.model)]) if (name !== undefined) names.add(name)
  for (const member of MORE) {
    const list: unknown = body[member]
    if (list === undefined || list === null) continue
    const entries: readonly unknown[] = Array.isArray(list) ? list : [list]
    // What cannot be read is a model of that name: none is called that.
    for (const entry of entries) names.add(textOf(entry) ?? nested(entry) ?? '\0')
  }
  return [...names]
}

function nested(entry: unknown): string | undefined {
  return typeof entry === 'object' && entry !== null ? textOf(Reflect.get(entry, 'model')) : undefined
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}
