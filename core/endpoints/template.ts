/** Paths of endpoints: `/usage/{consumer}`. Pure; knows nothing of who answers. */

/** A segment of a path: a word, or the name of a parameter. */
export type Segment = { readonly word: string } | { readonly parameter: string }

const WORD = /^[a-z0-9][a-z0-9._-]{0,63}$/
const PARAMETER = /^\{([a-z][A-Za-z0-9]{0,31})\}$/
/** Deeper paths are nobody's. */
const MAX_SEGMENTS = 8

/** The segments of a path as a definition writes it; undefined when it is none. `/` has none. */
export function parseTemplate(path: string): readonly Segment[] | undefined {
  if (path === '/') return []
  if (!path.startsWith('/')) return undefined
  const segments: Segment[] = []
  for (const part of path.slice(1).split('/')) {
    const parameter = PARAMETER.exec(part)?.[1]
    if (parameter === undefined && !WORD.test(part)) return undefined
    segments.push(parameter === undefined ? { word: part } : { parameter })
  }
  const names = parametersOf(segments)
  return segments.length > MAX_SEGMENTS || new Set(names).size < names.length ? undefined : segments
}

/** Names of the parameters, in order. */
export function parametersOf(segments: readonly Segment[]): readonly string[] {
  return segments.flatMap(segment => ('parameter' in segment ? [segment.parameter] : []))
}

/** What two paths have in common that no request can tell apart. */
export function shapeOf(segments: readonly Segment[]): string {
  return segments.map(segment => ('word' in segment ? `/${segment.word}` : '/{}')).join('')
}

/**
 * Reads the parameters out of the segments of a request's path, decoded (RFC 3986, 2.1).
 * @returns undefined when the path is another. A parameter is never empty.
 */
export function matchTemplate(
  segments: readonly Segment[],
  parts: readonly string[]
): Readonly<Record<string, string>> | undefined {
  if (segments.length !== parts.length) return undefined
  const params: Record<string, string> = {}
  for (const [index, segment] of segments.entries()) {
    const part = parts[index] ?? ''
    if ('word' in segment) {
      if (segment.word !== part) return undefined
    } else {
      const value = decoded(part)
      if (value === undefined || value === '') return undefined
      params[segment.parameter] = value
    }
  }
  return params
}

function decoded(part: string): string | undefined {
  try {
    return decodeURIComponent(part)
  } catch {
    return undefined
  }
}
