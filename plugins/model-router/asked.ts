/**
 * Finds the model that a request asks for, wherever its API lets it be named: in the body, in the path, in a form. What
 * could be read in two ways is told as such. Reads members by name and parses nothing. Pure.
 */
import { asModel, type Format, modelInPath, readForm, requestFactsOf, topLevelMember } from 'tacit-gateway/dialects'
import type { DownstreamRequest } from 'tacit-gateway/plugin'

/** What a request names. */
export type Asking =
  | { readonly kind: 'model'; readonly model: string }
  /** Where the API has a place for it, and it is empty; or no such place is known. */
  | { readonly kind: 'none'; readonly hasPlace: boolean }
  /** Two different models, or a form that parsers read differently. */
  | { readonly kind: 'ambiguous' }
  /** Further models that an upstream would go on to by itself. */
  | { readonly kind: 'several' }

/** Members in which some servers look for further models. */
const LISTS = ['models', 'fallbacks', 'fallback_models'] as const

const SCANNED = new Map<Format, readonly string[]>()

/**
 * What a request asks for.
 *
 * @param path As received, with or without the query.
 * @throws Refusal 400 `invalid_json` for a body of an API of JSON that is none, or names something twice.
 */
export function askedOf(format: Format, path: string, { headers, body }: DownstreamRequest): Asking {
  const { model: members } = requestFactsOf(format)
  const inPath = modelInPath(path)
  const bytes = body.bytes()
  // Whoever asks for what was made before sends no body.
  const hasPlace = inPath !== undefined || (members.length > 0 && bytes.length > 0)
  if (members.length === 0 || bytes.length === 0) return judge([inPath], hasPlace)
  const contentType = headers.get('content-type')
  if (isForm(contentType)) {
    const values = valuesInForm(contentType, bytes, members)
    return values === 'several' || values === 'ambiguous' ? { kind: values } : judge([...values, inPath], hasPlace)
  }
  const values = body.scan(scannedFor(format, members))
  for (const name of LISTS) {
    const found = topLevelMember(bytes, name)
    if (found?.kind === 'found' && bytes[found.start] !== LOWER_N) return { kind: 'several' }
  }
  return judge([...values.slice(0, members.length).map(asModel), inPath], hasPlace)
}

/** Whether a body is a form with files (RFC 7578). */
export function isForm(contentType: string | undefined): contentType is string {
  return contentType?.toLowerCase().startsWith('multipart/form-data') ?? false
}

/** Of `null`, the only value that begins so. */
const LOWER_N = 0x6e

function scannedFor(format: Format, members: readonly string[]): readonly string[] {
  let names = SCANNED.get(format)
  if (names === undefined) {
    names = [...members, ...LISTS]
    SCANNED.set(format, names)
  }
  return names
}

function valuesInForm(
  contentType: string,
  bytes: Uint8Array,
  members: readonly string[]
): readonly (string | undefined)[] | 'several' | 'ambiguous' {
  const values: (string | undefined)[] = []
  for (const { name, start, end } of readForm(contentType, bytes) ?? [UNREADABLE]) {
    if (name === UNREADABLE.name) return 'ambiguous'
    // As a list is written in a form: `models[]`.
    if (LISTS.some(list => name === list || name.startsWith(`${list}[`))) return 'several'
    if (members.includes(name)) values.push(asModel(Buffer.from(bytes.subarray(start, end)).toString('utf8')))
  }
  return values
}

const UNREADABLE = { name: '\0', start: 0, end: 0 }

function judge(values: readonly (string | undefined)[], hasPlace: boolean): Asking {
  let model: string | undefined
  for (const value of values) {
    if (value === undefined) continue
    if (model !== undefined && model !== value) return { kind: 'ambiguous' }
    model = value
  }
  return model === undefined ? { kind: 'none', hasPlace } : { kind: 'model', model }
}
