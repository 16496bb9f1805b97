/** What a request needs of a model besides words, as far as its body tells. Pure. */
import { type Format, type TextPlace, visitTextOf } from 'tacit-gateway/dialects'

/** What can be needed. `json` stands for answers of a given form. */
export const NEEDS = ['tools', 'images', 'audio', 'video', 'files', 'json'] as const

/** One of them. */
export type Need = (typeof NEEDS)[number]

const EVERYTHING: ReadonlySet<Need> = new Set(NEEDS)

/** Members that offer tools: of OpenAI, Anthropic and Gemini, of OpenAI's older API, of Bedrock. */
const TOOLS = ['tools', 'functions', 'toolConfig'] as const

/**
 * What a request needs. One that is nested too deep to be looked through needs everything.
 *
 * @param body Parsed, or made of a form; anything but an object needs nothing.
 */
export function needsOf(format: Format, body: unknown): ReadonlySet<Need> {
  const needs = new Set<Need>()
  if (typeof body !== 'object' || body === null) return needs
  if (TOOLS.some(name => isFilled(Reflect.get(body, name)))) needs.add('tools')
  if (asksForForm(body)) needs.add('json')
  const isWhole = visitTextOf(format, 'request', body, place => {
    const { holds } = place
    if (holds === 'image') needs.add('images')
    else if (holds === 'audio' || holds === 'video') needs.add(holds)
    else if (place.kind === 'identifier') {
      const need = needOfWord(place)
      if (need !== undefined) needs.add(need)
    }
  })
  return isWhole ? needs : EVERYTHING
}

/** Words for a part of a message that holds more than words, in any API; files may hold anything. */
const PARTS: ReadonlyMap<string, Need> = new Map([
  ['image', 'images'],
  ['image_url', 'images'],
  ['input_image', 'images'],
  ['input_audio', 'audio'],
  ['audio', 'audio'],
  ['video', 'video'],
  ['video_url', 'video'],
  ['file', 'files'],
  ['input_file', 'files'],
  ['document', 'files']
])
const MEDIA = ['mimeType', 'mime_type', 'media_type'] as const

function needOfWord(place: TextPlace): Need | undefined {
  const { value: word } = place
  const part = PARTS.get(word)
  if (part !== undefined) {
    const places = place.path()
    // How the bytes of an image or a document are given is a type, too.
    return places.at(-1) === 'type' && places.at(-2) !== 'source' ? part : undefined
  }
  const slash = word.indexOf('/')
  if (slash < 0 || !MEDIA.some(name => name === place.path().at(-1))) return undefined
  const kind = word.slice(0, slash).toLowerCase()
  if (kind === 'image') return 'images'
  return kind === 'audio' || kind === 'video' ? kind : kind === 'text' ? undefined : 'files'
}

function isFilled(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0
  return typeof value === 'object' && value !== null && Object.keys(value).length > 0
}

/** Places of the wish for JSON: chat, responses (twice), Gemini (in both spellings), Anthropic. */
const FORMS: readonly (readonly string[])[] = [
  ['response_format', 'type'],
  ['text', 'format', 'type'],
  ['generationConfig', 'responseMimeType'],
  ['generation_config', 'response_mime_type'],
  ['output_config', 'format', 'type'],
  ['output_format', 'type']
]
const PLAIN: readonly unknown[] = [undefined, null, 'text', 'text/plain']

function asksForForm(body: object): boolean {
  return FORMS.some(path => {
    let value: unknown = body
    for (const name of path) value = typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined
    return !PLAIN.includes(value)
  })
}
