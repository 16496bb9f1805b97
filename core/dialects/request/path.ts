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
  return placeIn(withoutQuery(path).split('/'))?.model
}

/**
 * The same path with another model in the place where it names one, as {@link modelInPath} finds it; query and all else
 * stay as they are. The path itself where it names none.
 *
 * @param model Well-formed text, and no dot segment: neither `.` nor `..` (RFC 3986, 5.2.4).
 */
export function withModelInPath(path: string, model: string): string {
  const plain = withoutQuery(path)
  const segments = plain.split('/')
  const place = placeIn(segments)
  if (place === undefined) return path
  segments[place.index] = encodeURIComponent(model) + place.method
  return segments.join('/') + path.slice(plain.length)
}

/** Where the segments of a path name a model, and what hangs on the name, encoded: `:generateContent`. */
function placeIn(
  segments: readonly string[]
): { readonly index: number; readonly model: string; readonly method: string } | undefined {
  for (let index = segments.length - 2; index >= 0; index--) {
    const folder = segments[index]?.toLowerCase()
    const name = segments[index + 1] ?? ''
    if (folder === 'models' || folder === 'tunedmodels') {
      const plain = decoded(name)
      const colon = plain?.lastIndexOf(':') ?? -1
      // Without a method after it, it is the list of models that is asked.
      if (plain !== undefined && colon > 0) {
        const method = `:${encodeURIComponent(plain.slice(colon + 1))}`
        return placed(index + 1, plain.slice(0, colon), method)
      }
    } else if ((folder === 'model' || folder === 'deployments') && index + 2 < segments.length) {
      return placed(index + 1, decoded(name), '')
    }
  }
  return undefined
}

function placed(index: number, name: string | undefined, method: string) {
  const model = asModel(name)
  return model === undefined ? undefined : { index, model, method }
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
