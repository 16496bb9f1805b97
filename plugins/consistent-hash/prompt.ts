/**
 * Finds where a prompt begins in the JSON of a request, without parsing what
 * comes after. Pure; knows the names that prompts have in the APIs, and nothing
 * else of them. Whoever writes a body oddly gets another peer, and no more.
 */

/** Members that a provider keeps in its cache of prefixes, of all APIs. */
const MEMBERS: ReadonlySet<string> = new Set([
  'contents',
  'input',
  'instructions',
  'messages',
  'prompt',
  'system',
  'systemInstruction',
  'tools'
])

const QUOTE = 0x22
const BACKSLASH = 0x5c
const COLON = 0x3a
const OPENING: ReadonlySet<number> = new Set([0x7b, 0x5b])
const CLOSING: ReadonlySet<number> = new Set([0x7d, 0x5d])
/** Space, tab, line feed, carriage return (RFC 8259, 2). */
const BLANK: ReadonlySet<number> = new Set([0x20, 0x09, 0x0a, 0x0d])

/** Where the value of the first member that belongs to the prompt begins; 0 where there is none. */
export function promptStart(body: Uint8Array): number {
  let depth = 0
  let index = 0
  while (index < body.length) {
    const byte = body[index] ?? 0
    if (byte === QUOTE) {
      const end = endOfText(body, index)
      const after = pastBlanks(body, end)
      if (depth === 1 && body[after] === COLON && MEMBERS.has(textOf(body, index + 1, end - 1))) {
        return pastBlanks(body, after + 1)
      }
      index = end
      continue
    }
    if (OPENING.has(byte)) depth++
    else if (CLOSING.has(byte)) depth--
    index++
  }
  return 0
}

/** Just past the closing quote of the text that begins at `start`. */
function endOfText(body: Uint8Array, start: number): number {
  let index = start + 1
  while (index < body.length && body[index] !== QUOTE) index += body[index] === BACKSLASH ? 2 : 1
  return index + 1
}

function pastBlanks(body: Uint8Array, start: number): number {
  let index = start
  while (index < body.length && BLANK.has(body[index] ?? 0)) index++
  return index
}

/** Names are short and in ASCII; what is longer is none. */
function textOf(body: Uint8Array, start: number, end: number): string {
  return end - start > 20 ? '' : String.fromCharCode(...body.subarray(start, end))
}
