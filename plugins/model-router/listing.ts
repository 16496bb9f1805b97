/**
 * Lists of models in the shapes of OpenAI, Anthropic and Gemini, as the official SDKs read them. What is not known is told as
 * each of them lets it be told: as null, or as the first moment of time. Pure.
 */

/** One model of a list. */
export interface ListedModel {
  /** As clients call it. */
  readonly id: string
  /** Who serves it: a provider, or an upstream. */
  readonly owner: string
  readonly contextTokens: number | undefined
  readonly maxOutputTokens: number | undefined
}

/** In which API a list is asked for. */
export type ListShape = 'openai' | 'anthropic' | 'gemini'

/** What the path of a GET asks for: the list (`id` undefined), or one model. Undefined for anything else. */
export function listAskedFor(path: string): { readonly id: string | undefined } | undefined {
  const query = path.indexOf('?')
  const plain = query < 0 ? path : path.slice(0, query)
  const at = plain.toLowerCase().lastIndexOf('/models')
  if (at < 0) return undefined
  const rest = plain.slice(at + '/models'.length)
  if (rest === '' || rest === '/') return { id: undefined }
  if (!rest.startsWith('/') || rest.includes(':')) return undefined
  try {
    return { id: decodeURIComponent(rest.slice(1)) }
  } catch {
    return undefined
  }
}

/** One model. */
export function modelBody(shape: ListShape, model: ListedModel): unknown {
  const { id, owner, contextTokens = null, maxOutputTokens = null } = model
  switch (shape) {
    case 'openai':
      // https://platform.openai.com/docs/api-reference/models/object
      return { id, object: 'model', created: 0, owned_by: owner }
    case 'gemini':
      // https://ai.google.dev/api/models
      return {
        name: `models/${id}`,
        displayName: id,
        ...(contextTokens !== null && { inputTokenLimit: contextTokens }),
        ...(maxOutputTokens !== null && { outputTokenLimit: maxOutputTokens }),
        supportedGenerationMethods: ['generateContent', 'streamGenerateContent']
      }
    case 'anthropic':
      // https://docs.claude.com/en/api/models: an epoch value where the release date is unknown.
      return {
        type: 'model',
        id,
        display_name: id,
        created_at: '1970-01-01T00:00:00Z',
        max_input_tokens: contextTokens,
        max_tokens: maxOutputTokens,
        capabilities: null,
        deprecated_at: null,
        lifecycle: 'active',
        line: null,
        retires_at: null
      }
  }
}

/** Which part of a list is asked for. */
export interface PageQuery {
  readonly limit: number
  readonly after: string | undefined
  readonly before: string | undefined
}

/** Anthropic's parameters of a list (https://docs.claude.com/en/api/models-list); undefined for a limit that is none. */
export function pageQueryOf(path: string): PageQuery | undefined {
  const query = path.indexOf('?')
  const parameters = new URLSearchParams(query < 0 ? '' : path.slice(query + 1))
  const limit = parameters.get('limit') ?? '20'
  if (!/^[1-9]\d{0,3}$/.test(limit) || Number(limit) > 1_000) return undefined
  return {
    limit: Number(limit),
    after: parameters.get('after_id') ?? undefined,
    before: parameters.get('before_id') ?? undefined
  }
}

/** The whole list, as OpenAI and Gemini tell it. */
export function listBody(shape: Exclude<ListShape, 'anthropic'>, models: readonly ListedModel[]): unknown {
  const entries = models.map(model => modelBody(shape, model))
  return shape === 'openai' ? { object: 'list', data: entries } : { models: entries }
}

/** One page, as Anthropic tells it; undefined where it begins or ends at a model that is not in the list. */
export function pageBody(models: readonly ListedModel[], { limit, after, before }: PageQuery): unknown {
  const start = after === undefined ? 0 : models.findIndex(({ id }) => id === after) + 1
  const end = before === undefined ? models.length : models.findIndex(({ id }) => id === before)
  if ((after !== undefined && start === 0) || end < 0) return undefined
  const range = models.slice(start, end)
  // The page before a model is the one that ends at it.
  const page = before === undefined ? range.slice(0, limit) : range.slice(-limit)
  return {
    data: page.map(model => modelBody('anthropic', model)),
    first_id: page[0]?.id ?? null,
    last_id: page.at(-1)?.id ?? null,
    has_more: page.length < range.length
  }
}
