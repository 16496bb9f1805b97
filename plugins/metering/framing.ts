/**
 * Cuts answers that are no server-sent events into the texts that usage is read from: lines, entries of an array, AWS's
 * messages, or the body as a whole. Keeps no more of a body than it has to.
 */
import { AwsMessageCutter, type Format, JsonArrayCutter, LineCutter, unwrapBedrockChunk } from 'tacit-gateway/dialects'

/** How an answer is framed. `opaque`: sound, pictures and the like, of which the bytes are counted and nothing is read. */
export type Framing = 'events' | 'lines' | 'array' | 'messages' | 'whole' | 'opaque'

/** A longer body of JSON is not read: its usage is counted. */
const MAX_WHOLE_BYTES = 64 * 1024 * 1024

/** How an answer that does not come as server-sent events is framed, by what its head says. */
export function framingOf(format: Format, isStream: boolean, contentType: string | undefined): Framing {
  if (format === 'http') return 'opaque'
  const type = contentType?.split(';', 1)[0]?.trim().toLowerCase() ?? ''
  switch (type) {
    case 'application/x-ndjson':
    case 'application/ndjson':
    case 'application/jsonl':
    case 'application/x-jsonlines':
    case 'application/stream+json':
      return 'lines'
    case 'application/vnd.amazon.eventstream':
      return 'messages'
    case '':
    case 'application/json':
    case 'text/json':
      return format === 'gemini' && isStream ? 'array' : 'whole'
    default:
      return type.endsWith('+json') ? 'whole' : 'opaque'
  }
}

/** Takes the bytes of one answer, and gives texts that may be parsed. */
export interface Cutter {
  push(chunk: Uint8Array, each: (text: string) => void): void
  /** After the last byte, be the answer whole or not. */
  end(each: (text: string) => void): void
}

/** The cutter of a framing; undefined where nothing is read. */
export function cutterOf(framing: Framing): Cutter | undefined {
  switch (framing) {
    case 'lines':
      return new Lines()
    case 'array':
      return new Entries()
    case 'messages':
      return new Messages()
    case 'whole':
      return new Whole()
    default:
      return undefined
  }
}

class Lines implements Cutter {
  readonly #cutter = new LineCutter()
  #isSound = true

  push(chunk: Uint8Array, each: (text: string) => void): void {
    if (this.#isSound) this.#isSound = this.#cutter.push(chunk, line => each(line.toString('utf8')))
  }

  end(each: (text: string) => void): void {
    if (this.#isSound) this.#cutter.takeRest(line => each(line.toString('utf8')))
  }
}

class Entries implements Cutter {
  readonly #cutter = new JsonArrayCutter()
  #isSound = true

  push(chunk: Uint8Array, each: (text: string) => void): void {
    if (this.#isSound) this.#isSound = this.#cutter.push(chunk, entry => each(entry.toString('utf8')))
  }

  end(): void {}
}

class Messages implements Cutter {
  readonly #cutter = new AwsMessageCutter()
  #isSound = true

  push(chunk: Uint8Array, each: (text: string) => void): void {
    if (!this.#isSound) return
    this.#isSound = this.#cutter.push(chunk, ({ body }) => {
      const text = body.toString('utf8')
      each(unwrapBedrockChunk(text) ?? text)
    })
  }

  end(): void {}
}

class Whole implements Cutter {
  #pieces: Uint8Array[] = []
  #bytes = 0

  push(chunk: Uint8Array): void {
    this.#bytes += chunk.length
    if (this.#bytes <= MAX_WHOLE_BYTES) this.#pieces.push(chunk)
    else this.#pieces = []
  }

  end(each: (text: string) => void): void {
    const pieces = this.#pieces
    this.#pieces = []
    const [first] = pieces
    if (first === undefined) return
    // A short answer comes in one piece.
    const { buffer, byteOffset, length } = first
    each((pieces.length === 1 ? Buffer.from(buffer, byteOffset, length) : Buffer.concat(pieces)).toString('utf8'))
  }
}
