/**
 * Reads a form with files (multipart/form-data, RFC 7578), as images, audio and files are sent: its parts, where they
 * stand, and a body of their values that can be visited like one of JSON. Strict, because parsers forgive differently.
 * Pure.
 */
import { isUtf8 } from 'node:buffer'

/** More parts than this no API takes. */
const MAX_PARTS = 256
const MAX_HEAD_BYTES = 8 * 1024
/** Longest value that is read as text; a longer one is told as unknown, like a file. */
const MAX_VALUE_BYTES = 1024 * 1024

/** One part of a form. */
export interface FormPart {
  readonly name: string
  /** Undefined for a plain value. */
  readonly filename: string | undefined
  /** In lower case, without parameters; undefined where the part does not say. */
  readonly contentType: string | undefined
  /** Where its content stands in the body, the end not included. */
  readonly start: number
  readonly end: number
}

/**
 * The parts of a form, in their order.
 *
 * @param contentType Of the request.
 * @returns undefined for what is no form, and for one that parsers may read differently.
 */
export function readForm(contentType: string, body: Uint8Array): readonly FormPart[] | undefined {
  const boundary = boundaryOf(contentType)
  if (boundary === undefined) return undefined
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength)
  const delimiter = Buffer.from(`\r\n--${boundary}`)
  // What stands before the first delimiter is said to nobody (RFC 2046, 5.1.1), so nothing may.
  if (bytes.indexOf(delimiter.subarray(2)) !== 0) return undefined
  const parts: FormPart[] = []
  let at = delimiter.length - 2
  while (!isClosed(bytes, at)) {
    if (bytes[at] !== 0x0d || bytes[at + 1] !== 0x0a || parts.length === MAX_PARTS) return undefined
    const end = bytes.indexOf(delimiter, at)
    const part = end < 0 ? undefined : partOf(bytes, at, end)
    if (part === undefined) return undefined
    parts.push(part)
    at = end + delimiter.length
  }
  return parts
}

/**
 * A form as a body that can be visited: values by their names, several of one name as a list, and of a file its name and
 * type. Undefined as for {@link readForm}, and for values that are not UTF-8.
 */
export function formBody(contentType: string, body: Uint8Array): Readonly<Record<string, unknown>> | undefined {
  const parts = readForm(contentType, body)
  if (parts === undefined) return undefined
  const values = new Map<string, unknown>()
  for (const part of parts) {
    const content = body.subarray(part.start, part.end)
    const isFile = part.filename !== undefined || content.length > MAX_VALUE_BYTES
    if (!isFile && !isUtf8(content)) return undefined
    const value = isFile
      ? { filename: part.filename, content_type: part.contentType }
      : Buffer.from(content).toString('utf8')
    const known = values.get(part.name)
    values.set(part.name, known === undefined ? value : Array.isArray(known) ? [...known, value] : [known, value])
  }
  return Object.fromEntries(values)
}

/** The boundary (RFC 2046, 5.1.1); undefined where it is told twice or not as it is written. */
function boundaryOf(contentType: string): string | undefined {
  const [type = '', ...parameters] = contentType.split(';')
  if (type.trim().toLowerCase() !== 'multipart/form-data') return undefined
  const told = parameters.map(parameter => parameter.trim()).filter(parameter => /^boundary\s*=/i.test(parameter))
  const [boundary] = told
  if (boundary === undefined || told.length > 1) return undefined
  const value = boundary.slice(boundary.indexOf('=') + 1).trim()
  const plain = value.startsWith('"') && value.endsWith('"') && value.length > 1 ? value.slice(1, -1) : value
  return /^[\w'()+,./:=?-]{1,70}$/.test(plain) ? plain : undefined
}

function isClosed(bytes: Buffer, at: number): boolean {
  if (bytes[at] !== 0x2d || bytes[at + 1] !== 0x2d) return false
  const rest = bytes.length - at - 2
  return rest === 0 || (rest === 2 && bytes[at + 2] === 0x0d && bytes[at + 3] === 0x0a)
}

/** The part whose head begins at `at`, with the end of the delimiter's line. */
function partOf(bytes: Buffer, at: number, end: number): FormPart | undefined {
  const headEnd = bytes.indexOf('\r\n\r\n', at)
  if (headEnd < 0 || headEnd + 4 > end || headEnd - at > MAX_HEAD_BYTES) return undefined
  const head = bytes.subarray(at + 2, headEnd)
  if (!isUtf8(head)) return undefined
  let disposition: string | undefined
  let contentType: string | undefined
  for (const line of head.toString('utf8').split('\r\n')) {
    const colon = line.indexOf(':')
    const value = line.slice(colon + 1).trim()
    switch (line.slice(0, Math.max(0, colon)).toLowerCase()) {
      case 'content-disposition':
        if (disposition !== undefined) return undefined
        disposition = value
        break
      case 'content-type':
        contentType = value.split(';', 1)[0]?.trim().toLowerCase()
        break
      // An encoding would hide the value (RFC 7578, 4.7: not to be sent).
      case 'content-transfer-encoding':
        if (!/^(binary|8bit|7bit)$/i.test(value)) return undefined
        break
      default:
        if (colon <= 0) return undefined
    }
  }
  const named = disposition === undefined ? undefined : namesOf(disposition)
  return named && { ...named, contentType, start: headEnd + 4, end }
}

const PARAMETER = /;\s*([\w*-]+)=(?:"((?:[^"\\]|\\.)*)"|([^\s";]+))\s*/y

/** `form-data; name="a"; filename="b"`: each once, and nothing that is not understood. */
function namesOf(disposition: string): { readonly name: string; readonly filename: string | undefined } | undefined {
  if (!/^form-data\s*(;|$)/i.test(disposition)) return undefined
  const told = new Map<string, string>()
  PARAMETER.lastIndex = disposition.indexOf(';')
  while (PARAMETER.lastIndex < disposition.length) {
    const [, key = '', quoted, plain = ''] = PARAMETER.exec(disposition) ?? []
    if (key === '' || told.has(key.toLowerCase())) return undefined
    told.set(key.toLowerCase(), quoted === undefined ? plain : quoted.replace(/\\(.)/g, '$1'))
  }
  const name = told.get('name')
  // RFC 7578, 4.2: `filename*` is not to be sent, and some parsers prefer it.
  if (name === undefined || told.has('filename*') || told.has('name*')) return undefined
  return { name, filename: told.get('filename') }
}
