/** Tells the dialect of a request from its path alone. Runs once per request: no regular expression, no split. Pure. */
import type { Dialect } from './facts.ts'

/**
 * The dialect that a path is served in by its last segments, so any prefix may
 * stand in front: `/openai/v1/…`, `/openai/deployments/{name}/…` (Azure),
 * `/v1/projects/…/publishers/google/models/…` (Vertex AI). Case and the
 * percent-encoding of letters make no difference, because some servers see none
 * (RFC 3986, 6.2.2): a body must not escape notice by the spelling of its path.
 * `/v1/models` is asked for in two APIs; {@link dialectOfList} tells them apart.
 *
 * @param path As received, without the query.
 */
export function recogniseDialect(path: string): Dialect {
  const plain = plainPath(path)
  const end = plain.charCodeAt(plain.length - 1) === SLASH ? plain.length - 1 : plain.length
  const start = plain.lastIndexOf('/', end - 1) + 1
  switch (plain.slice(start, end)) {
    case 'completions':
      return endsWithSegment(plain, start - 1, 'chat') ? 'openai-chat' : 'openai-completions'
    case 'embeddings':
      return 'openai-embeddings'
    case 'responses':
      return 'openai-responses'
    case 'messages':
      return isMessages(plain, start - 1) ? 'anthropic-messages' : 'http'
    case 'count_tokens':
      return plain.endsWith('/messages', start - 1) ? 'anthropic-messages' : 'http'
    case 'models':
      return endsWithSegment(plain, start - 1, 'v1') ? 'openai-chat' : 'http'
    default:
      return byParent(plain, start, end)
  }
}

/**
 * The dialect that a client speaks which asks for models at a path of both OpenAI and Anthropic: a client of Anthropic's
 * must send `anthropic-version` (https://docs.claude.com/en/api/versioning).
 *
 * @param dialect As the path tells it.
 */
export function dialectOfList(dialect: Dialect, version: string | undefined): Dialect {
  return dialect === 'openai-chat' && version !== undefined ? 'anthropic-messages' : dialect
}

/** A path as it is compared: in lower case, without needless percent-encoding. */
export function plainPath(path: string): string {
  return path.includes('%') ? decodeUnreserved(path).toLowerCase() : path.toLowerCase()
}

const SLASH = 0x2f

/** `:generateContent` and its kin hang on the last segment; `{id}` of a stored answer, or of a model, follows the name of its collection. */
function byParent(plain: string, start: number, end: number): Dialect {
  const colon = plain.indexOf(':', start)
  if (colon !== -1) {
    const method = plain.slice(colon + 1, end)
    return method === 'generatecontent' || method === 'streamgeneratecontent' ? 'gemini' : 'http'
  }
  if (start < 2 || start === end) return 'http'
  if (endsWithSegment(plain, start - 1, 'responses')) return 'openai-responses'
  if (plain.endsWith('/chat/completions', start - 1) || plain.endsWith('/v1/models', start - 1)) return 'openai-chat'
  return 'http'
}

/** `…/v1/messages`, as the SDK asks for, and the same without a version; other services have messages of their own. */
function isMessages(plain: string, end: number): boolean {
  return end === 0 || endsWithSegment(plain, end, 'v1') || endsWithSegment(plain, end, 'anthropic')
}

/** Whether the path up to `end` ends with a whole segment. */
function endsWithSegment(plain: string, end: number, segment: string): boolean {
  return plain.endsWith(segment, end) && plain.charCodeAt(end - segment.length - 1) === SLASH
}

/** Decodes what a percent-encoding need not have encoded: ASCII letters, digits, `-`, `.`, `_`, `~`, and `:`. Leaves the rest. */
function decodeUnreserved(path: string): string {
  let plain = ''
  let kept = 0
  for (let at = path.indexOf('%'); at !== -1; at = path.indexOf('%', at + 1)) {
    const code = hexDigit(path.charCodeAt(at + 1)) * 16 + hexDigit(path.charCodeAt(at + 2))
    if (!isPlain(code)) continue
    plain += path.slice(kept, at) + String.fromCharCode(code)
    kept = at + 3
  }
  return plain + path.slice(kept)
}

/** The value of a hexadecimal digit; NaN for anything else, the end of the text included. */
function hexDigit(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30
  const letter = code | 0x20
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : Number.NaN
}

function isPlain(code: number): boolean {
  const letter = code | 0x20
  if (letter >= 0x61 && letter <= 0x7a) return true
  if (code >= 0x30 && code <= 0x3a) return true
  return code === 0x2d || code === 0x2e || code === 0x5f || code === 0x7e
}
