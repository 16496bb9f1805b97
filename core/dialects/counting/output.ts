/**
 * Counts what an answer says while it passes, event by event, without parsing any: for the one call in some hundreds
 * whose provider never got to tell what it used. Knows where text stands from the names of members alone, which is
 * quick, and keeps counts and nothing of the text. Pure.
 */
import type { Format } from '../facts.ts'
import { indexOfName } from '../json.ts'

const CHAT = ['content"', 'reasoning_content"', 'reasoning"', 'arguments"', 'refusal"']
const ANTHROPIC = ['text"', 'thinking"', 'partial_json"']

/**
 * Members whose strings are what the model said, with the closing quotation mark. What is said again at the end of a stream, as whole
 * texts are in OpenAI's responses, has another name there or is left out by {@link REPEATS}.
 */
const SAID: Readonly<Record<Format, { readonly event: readonly string[]; readonly body: readonly string[] }>> = {
  'openai-chat': { event: CHAT, body: CHAT },
  'openai-completions': { event: ['text"'], body: ['text"'] },
  'openai-responses': { event: ['delta"'], body: ['text"', 'arguments"', 'refusal"', 'input"'] },
  'openai-embeddings': { event: [], body: [] },
  'openai-images': { event: [], body: [] },
  'openai-audio': { event: ['delta"'], body: ['text"'] },
  'openai-moderations': { event: [], body: [] },
  'openai-files': { event: [], body: [] },
  'anthropic-messages': { event: ANTHROPIC, body: ANTHROPIC },
  gemini: { event: ['text"', 'code"', 'output"'], body: ['text"', 'code"', 'output"'] },
  'gemini-interactions': { event: ['text"'], body: ['text"'] },
  mistral: { event: CHAT, body: CHAT },
  cohere: {
    event: ['text"', 'content"', 'arguments"', 'thinking"'],
    body: ['text"', 'arguments"', 'thinking"']
  },
  ollama: { event: ['content"', 'response"', 'thinking"'], body: ['content"', 'response"', 'thinking"'] },
  'bedrock-converse': { event: ['text"', 'input"'], body: ['text"'] },
  'bedrock-invoke': {
    event: [...ANTHROPIC, 'content"', 'generation"', 'outputText"', 'completion"'],
    body: [...ANTHROPIC, 'content"', 'generation"', 'outputText"', 'completion"']
  },
  rerank: { event: [], body: [] },
  'model-list': { event: [], body: [] },
  http: { event: [], body: [] }
}

/** Marks of events that say again what was said before. */
const REPEATS: Readonly<Partial<Record<Format, readonly string[]>>> = {
  'openai-audio': ['transcript.text.done'],
  cohere: ['"stream-end"'],
  'gemini-interactions': ['"interaction.completed"', '"interaction.complete"', '"content.stop"']
}

/** How the addition of a chunk begins that is text and nothing else. */
const PLAIN = 'delta":{"content":"'
const CLOSE = 0x7d
const COLON = 0x3a
const SPACE = 0x20
const QUOTE = 0x22
const BACKSLASH = 0x5c
const LOWER_U = 0x75

/**
 * Bytes of text, in UTF-8, that make a token on average: of English as of Chinese or Russian, and for the models of every
 * maker in the recordings of answers that state their usage, so that no family has a figure of its own.
 */
const BYTES_PER_TOKEN = 4.4

/** What one answer has said so far. One per exchange. */
export class OutputTally {
  /** Bytes of text in UTF-8: what the model said, thought aloud, and handed to tools. */
  bytes = 0
  /** Events that said something. */
  pieces = 0
  readonly #names: readonly string[]
  readonly #repeats: readonly string[]
  /** Of each member only the first in what an event adds. */
  readonly #onlyDelta: boolean

  /** @param framing Whether the answer comes in events, or as one body. */
  constructor(format: Format, framing: 'event' | 'body') {
    this.#names = SAID[format][framing]
    this.#repeats = (framing === 'event' ? REPEATS[format] : undefined) ?? NONE
    this.#onlyDelta = framing === 'event' && (format === 'openai-chat' || format === 'mistral')
  }

  /** Counts what an event, or a body that was perhaps cut off, says. `json` is its text. */
  add(json: string): void {
    for (const repeat of this.#repeats) if (json.includes(repeat)) return
    const before = this.bytes
    // Others repeat the whole message beside it (Perplexity), or say "content" in what they cite (OpenRouter).
    const delta = this.#onlyDelta ? indexOfName(json, 'delta"') : -1
    if (delta >= 0 && json.startsWith(PLAIN, delta)) {
      const end = this.#text(json, delta + PLAIN.length)
      // Nearly every event says this and nothing else.
      if (json.charCodeAt(end + 1) === CLOSE) {
        if (this.bytes > before) this.pieces++
        return
      }
      this.bytes = before
    }
    for (const name of this.#names) {
      let at = indexOfName(json, name, Math.max(0, delta))
      while (at !== -1) {
        const end = this.#value(json, at + name.length)
        at = delta < 0 ? indexOfName(json, name, end) : -1
      }
    }
    if (this.bytes > before) this.pieces++
  }

  /** Counts the value of a member whose name ends before `at`, if it is a string. @returns where to look on. */
  #value(json: string, at: number): number {
    let value = at
    while (json.charCodeAt(value) === SPACE) value++
    if (json.charCodeAt(value) !== COLON) return value
    value++
    while (json.charCodeAt(value) === SPACE) value++
    return json.charCodeAt(value) === QUOTE ? this.#text(json, value + 1) : value
  }

  #text(json: string, start: number): number {
    let at = start
    while (at < json.length) {
      const code = json.charCodeAt(at)
      if (code === QUOTE) return at
      if (code === BACKSLASH) {
        at++
        if (json.charCodeAt(at) === LOWER_U) {
          this.bytes += bytesOf(Number.parseInt(json.slice(at + 1, at + 5), 16))
          at += 4
        } else this.bytes++
      } else this.bytes += bytesOf(code)
      at++
    }
    return at
  }
}

/** Of a UTF-16 unit; both halves of a pair have two. */
function bytesOf(code: number): number {
  if (code < 0x80) return 1
  return code < 0x800 || (code >= 0xd800 && code <= 0xdfff) ? 2 : 3
}

/**
 * The tokens that some text of an answer probably was; 0 for none. Within a third of what providers report for plain
 * text; too low for calls of tools, and for thoughts that nobody is shown.
 *
 * @param bytes Of text, in UTF-8.
 * @param pieces Events that it came in: no provider sends less than a token by itself.
 */
export function estimateOutput(bytes: number, pieces: number): number {
  return Math.max(pieces, Math.ceil(bytes / BYTES_PER_TOKEN))
}

const NONE: readonly string[] = []
