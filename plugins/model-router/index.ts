/** Sends requests where their model is served, under the name that it has there, and lists the models that there are. */
import { type Format, formatOf, recogniseFormat } from 'tacit-gateway/dialects'
import {
  type Answer,
  CONSUMER,
  CREDENTIAL,
  type DownstreamRequest,
  definePlugin,
  type Exchange,
  holdsModel,
  MODEL,
  MODELS_CHECKED,
  nearestOf,
  privateKey,
  type Refusal
} from 'tacit-gateway/plugin'
import { askedOf } from './asked.ts'
import { callerMisfit } from './conditions.ts'
import { Config, ConsumerConfig } from './config.ts'
import { doorOf } from './doors.ts'
import {
  type ListedModel,
  type ListShape,
  listAskedFor,
  listBody,
  modelBody,
  pageBody,
  pageQueryOf
} from './listing.ts'
import { nameModel } from './rewrite.ts'
import { Routes } from './routes.ts'
import { isServedAt, type SelectionParts, selectTargets } from './selection.ts'

/** What a request was found to ask for. */
interface Asked {
  readonly format: Format
  readonly model: string
}

const ASKED = privateKey<Asked>('model-router.asked')

/** Longer names are like none; and looking for one takes time, which nobody is to take all of. */
const MAX_SIMILAR_LENGTH = 64
const SUGGESTIONS_PER_SECOND = 20
const SUGGESTED = 3

/** APIs whose callers look for models in a list of that shape. */
const SHAPE_FORMATS: Readonly<Record<ListShape, readonly Format[]>> = {
  openai: ['openai-chat', 'openai-responses', 'openai-completions', 'openai-embeddings'],
  anthropic: ['anthropic-messages'],
  gemini: ['gemini']
}

export default definePlugin({
  contract: 1,
  name: 'model-router',
  summary: 'Sends requests where their model is served, and lists the models that may be used.',
  guard: true,
  config: Config,
  consumerConfig: ConsumerConfig,
  reasons: {
    model_not_found: { status: 404, message: 'No model of this name is served here.', retryable: false },
    model_not_allowed: { status: 403, message: 'This model is not among those that may be used.', retryable: false },
    model_not_told: { status: 400, message: 'The request names no model.', retryable: false },
    model_ambiguous: {
      status: 400,
      message: 'The request names its model in more than one way, or in a form that can be read differently.',
      retryable: false
    },
    models_several: {
      status: 400,
      message: 'Name one model: the gateway itself goes on to others.',
      retryable: false
    },
    model_not_served: {
      status: 400,
      message: 'This model is not served in the API of this request.',
      retryable: false
    },
    no_target_fits: { status: 400, message: 'Nobody who serves this model takes such a request.', retryable: false },
    invalid_page: { status: 400, message: 'There is no such page of the list.', retryable: false }
  },
  provides: [MODEL, MODELS_CHECKED],
  data: { reads: ['metadata', 'identity', 'request-body'] },

  setup(config, host) {
    const { catalogue, clock, random } = host
    const routes = new Routes(config, host)
    const usesDoors = config.paths === 'provider'
    const parts: SelectionParts = { catalogue, random, estimate: config.estimate, usesDoors }
    const unknown = host.metrics.counter('model_router_unknown', 'Requests for a model that is not served.')
    let second = 0
    let suggested = 0

    /** What a caller may ask for, as lists of names; undefined where nothing is limited. */
    const limitsOf = (exchange: Exchange): readonly (readonly string[])[] | undefined => {
      const consumer = exchange.get(CONSUMER)
      const credential = exchange.get(CREDENTIAL)
      const own = consumer && host.settings(consumer, credential).allow
      const allow = own ?? config.allow
      const goodFor = credential?.goodFor?.models
      if (allow === undefined) return goodFor && [goodFor]
      return goodFor === undefined ? [allow] : [allow, goodFor]
    }

    const mayUse = (limits: readonly (readonly string[])[] | undefined, name: string): boolean =>
      limits === undefined || limits.every(names => holdsModel(names, name))

    /** Names that a caller can use, in one of some APIs. */
    const usable = (exchange: Exchange, formats: readonly Format[]): readonly ListedModel[] => {
      const limits = limitsOf(exchange)
      const consumer = exchange.get(CONSUMER)
      return routes.names().flatMap(id => {
        const choice = routes
          .find(id)
          ?.groups.flat()
          .find(
            candidate =>
              callerMisfit(candidate.when, consumer) === undefined &&
              (!usesDoors || formats.some(format => isServedAt(catalogue, candidate, format)))
          )
        if (choice === undefined || !mayUse(limits, id)) return []
        const { id: upstream, provider } = choice.upstream
        const found = catalogue.model(provider ?? '', choice.model)
        const { contextTokens, maxOutputTokens } = found.known ? found.model : NOTHING
        return { id, owner: provider ?? upstream, contextTokens, maxOutputTokens }
      })
    }

    const notFound = (exchange: Exchange, name: string, formats: readonly Format[]): Refusal => {
      unknown.add(1)
      const now = Math.floor(clock.monotonic() / 1_000)
      if (now !== second) {
        second = now
        suggested = 0
      }
      if (name.length > MAX_SIMILAR_LENGTH || suggested >= SUGGESTIONS_PER_SECOND) return host.refuse('model_not_found')
      suggested++
      const names = usable(exchange, formats).map(({ id }) => id)
      return host.refuse('model_not_found', { near: nearestOf(name, names, SUGGESTED) })
    }

    const list = (exchange: Exchange, { target }: DownstreamRequest, id: string | undefined): Answer | Refusal => {
      const shape = shapeOf(exchange, target)
      const formats = SHAPE_FORMATS[shape]
      const models = usable(exchange, formats)
      exchange.decide('models_listed', { shape, models: models.length })
      if (id !== undefined) {
        const name = shape === 'gemini' ? id.replace(/^models\//, '') : id
        const model = models.find(candidate => candidate.id === name)
        return model === undefined ? notFound(exchange, name, formats) : answer(modelBody(shape, model))
      }
      if (shape !== 'anthropic') return answer(listBody(shape, models))
      const query = pageQueryOf(target)
      const page = query && pageBody(models, query)
      return page === undefined ? host.refuse('invalid_page') : answer(page)
    }

    return {
      requestFilter(exchange, request) {
        const { method, target } = request
        if ((method === 'GET' || method === 'HEAD') && isModelList(target)) {
          const asked = listAskedFor(target)
          if (asked !== undefined) return list(exchange, request, asked.id)
        }
        const format = formatOf(exchange.dialect, target)
        const asking = askedOf(format, target, request)
        if (asking.kind === 'ambiguous') return host.refuse('model_ambiguous')
        if (asking.kind === 'several') return host.refuse('models_several')
        const limits = limitsOf(exchange)
        const name = asking.kind === 'model' ? asking.model : asking.hasPlace ? config.default : undefined
        if (name === undefined) {
          // An API without models goes where the route leads, unless its caller may use some models only.
          const goesOn = asking.kind === 'none' && !asking.hasPlace && limits === undefined
          if (!goesOn || exchange.destinations.length === 0) return host.refuse('model_not_told')
          exchange.set(MODELS_CHECKED, true)
          return undefined
        }
        const found = routes.find(name)
        if (found === undefined) return notFound(exchange, name, [format])
        const { by, rule } = found
        exchange.decide('model', { by, rule })
        if (!mayUse(limits, name)) return host.refuse('model_not_allowed')
        const consumer = exchange.get(CONSUMER)
        const { targets, isServedElsewhere } = selectTargets(exchange, request, format, found, consumer, parts)
        if (targets.length === 0) return host.refuse(isServedElsewhere ? 'model_not_served' : 'no_target_fits')
        exchange.routeTo(targets)
        exchange.set(MODEL, name)
        exchange.set(MODELS_CHECKED, true)
        exchange.set(ASKED, { format, model: name })
        return undefined
      },

      upstreamRequestFilter(exchange, request, peer) {
        const asked = exchange.get(ASKED)
        const { upstream, model } = exchange.target ?? {}
        if (asked === undefined || upstream === undefined || model === undefined) return
        const { format } = asked
        const provider = upstream.provider === undefined ? undefined : catalogue.provider(upstream.provider)
        const { pathname } = peer.origin
        const base = pathname.endsWith('/') ? pathname.slice(0, -1) : pathname
        const path = request.target.slice(base.length)
        const { paths = [] } = usesDoors && provider !== undefined ? provider : {}
        const door = doorOf(paths, format, path, model)
        if (door !== path) request.target = base + door
        nameModel(format, door, request.headers.get('content-type'), request.body, model)
        for (const header in provider?.headers) {
          const value = provider.headers[header]
          if (value !== undefined && request.headers.get(header) === undefined) request.headers.set(header, value)
        }
      }
    }
  }
})

const NOTHING = { contextTokens: undefined, maxOutputTokens: undefined }

function isModelList(target: string): boolean {
  const query = target.indexOf('?')
  return recogniseFormat(query < 0 ? target : target.slice(0, query)) === 'model-list'
}

function shapeOf({ dialect }: Exchange, target: string): ListShape {
  if (dialect === 'anthropic-messages') return 'anthropic'
  return dialect === 'gemini' || /\/v1(?:beta|alpha)\/models(?:[/?]|$)/i.test(target) ? 'gemini' : 'openai'
}

function answer(body: unknown): Answer {
  const headers = { 'content-type': 'application/json', 'cache-control': 'no-store' }
  return { status: 200, headers, body: JSON.stringify(body) }
}
