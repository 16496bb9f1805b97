/** What the path of a request says of its model and of a stream. Runs once per request that is read; no regular expression. Pure. */

/** Longest name of a model that is believed to be one. */
export const MAX_MODEL_LENGTH = 256

/**
 * The model that a path names: `…/models/{name}:generateContent` (Gemini), `…/model/{name}/converse` (Bedrock),
 * `…/deployments/{name}/chat/completions` (Azure). Undefined where it names none.
 *
 * @param path As received, with or without the query.
 */
export function modelInPath(path: string): string | undefined {
  const segments = withoutQuery(path).split('/')
  for (let index = segments.length - 2; index >= 0; index--) {
    const folder = segments[index]?.toLowerCase()
    const name = segments[index + 1] ?? ''
    if (folder === 'models' || folder === 'tunedmodels') {
      const plain = decoded(name)
      const colon = plain?.lastIndexOf(':') ?? -1
      // Without a method after it, it is the list of models that is asked.
      if (plain !== undefined && colon > 0) return asModel(plain.slice(0, colon))
    } else if ((folder === 'model' || folder === 'deployments') && index + 2 < segments.length)
      return asModel(decoded(name))
  }
  return undefined
}

/** Whether the path of a call asks for a stream. */
export function asksStreamByPath(path: string): boolean {
  const plain = (decoded(withoutQuery(path)) ?? '').toLowerCase()
  const end = plain.endsWith('/') ? plain.slice(0, -1) : plain
  return (
    end.endsWith(':streamgeneratecontent') ||
    end.endsWith(':streamrawpredict') ||
    end.endsWith('/converse-stream') ||
    end.endsWith('/invoke-with-response-stream')
  )
}

/** A name of a model, without the names of the collections that Google puts before it; undefined for what is none. */
export function asModel(value: unknown): string | undefined {
  if (typeof value !== 'string' || value === '' || value.length > MAX_MODEL_LENGTH) return undefined
  const at = value.lastIndexOf('models/')
  if (at < 0 || (at > 0 && value[at - 1] !== '/')) return value
  return value.slice(at + 'models/'.length) || undefined
}

function withoutQuery(path: string): string {
  const query = path.indexOf('?')
  return query < 0 ? path : path.slice(0, query)
}

function decoded(text: string): string | undefined {
  if (!text.includes('%')) return text
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}
