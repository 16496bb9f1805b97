/**
 * Cuts AWS's binary event streams into messages, as Bedrock streams
 * (https://docs.aws.amazon.com/transcribe/latest/dg/streaming-setting-up.html#streaming-event-stream): lengths, a
 * checksum, headers, the body, a checksum. Pure.
 */
import { crc32 } from './crc32.ts'
import { MAX_PIECE_BYTES, Pieces } from './pieces.ts'

/** One message: what kind it is, by its headers, and its body. */
export interface AwsMessage {
  /** Of the header `:event-type`, or `:exception-type` in an error; empty where neither is there. */
  readonly type: string
  /** Of the header `:message-type`: `event`, `exception` or `error`. */
  readonly messageType: string
  readonly body: Buffer
}

const PRELUDE_BYTES = 12
const CHECKSUM_BYTES = 4
const STRING = 7
/** What values of each type of header take, after the byte of the type; strings and bytes tell their length. */
const VALUE_BYTES = [0, 0, 1, 2, 4, 8, -1, -1, 8, 16]

/** One per stream. */
export class AwsMessageCutter {
  readonly #maxMessageBytes: number
  readonly #message: Pieces
  /** Length of the message that is coming; 0 before its prelude is there. */
  #awaited = 0

  constructor(maxMessageBytes = MAX_PIECE_BYTES) {
    this.#maxMessageBytes = maxMessageBytes
    this.#message = new Pieces(maxMessageBytes)
  }

  /**
   * Calls `each` for every message that became whole.
   * @returns false when a message is too long, or its lengths, headers or checksums are wrong: nothing after it can be trusted.
   */
  push(chunk: Uint8Array, each: (message: AwsMessage) => void): boolean {
    let from = 0
    while (from < chunk.length) {
      const wanted = (this.#awaited === 0 ? PRELUDE_BYTES : this.#awaited) - this.#message.bytes
      const end = Math.min(chunk.length, from + wanted)
      if (!this.#message.add(chunk.subarray(from, end))) return false
      if (end - from < wanted) return true
      from = end
      if (this.#awaited === 0) {
        if (!this.#readPrelude()) return false
      } else {
        this.#awaited = 0
        const message = readMessage(this.#message.take())
        if (message === undefined) return false
        each(message)
      }
    }
    return true
  }

  /** Whether the stream may end here: no message is half there. */
  get isBetween(): boolean {
    return this.#message.bytes === 0
  }

  #readPrelude(): boolean {
    const prelude = this.#message.take()
    this.#message.add(prelude)
    const length = prelude.readUInt32BE(0)
    const headers = prelude.readUInt32BE(4)
    if (crc32(prelude.subarray(0, 8)) !== prelude.readUInt32BE(8)) return false
    if (length > this.#maxMessageBytes || headers > length - PRELUDE_BYTES - CHECKSUM_BYTES) return false
    this.#awaited = length
    return true
  }
}

function readMessage(bytes: Buffer): AwsMessage | undefined {
  const end = bytes.length - CHECKSUM_BYTES
  if (crc32(bytes.subarray(0, end)) !== bytes.readUInt32BE(end)) return undefined
  const bodyAt = PRELUDE_BYTES + bytes.readUInt32BE(4)
  let type = ''
  let messageType = ''
  let at = PRELUDE_BYTES
  while (at < bodyAt) {
    const nameEnd = at + 1 + (bytes[at] ?? 0)
    const name = bytes.toString('latin1', at + 1, Math.min(nameEnd, bodyAt))
    const kind = bytes[nameEnd] ?? 255
    const fixed = VALUE_BYTES[kind]
    if (fixed === undefined || nameEnd + 3 > bytes.length) return undefined
    const valueAt = nameEnd + (fixed < 0 ? 3 : 1)
    at = valueAt + (fixed < 0 ? bytes.readUInt16BE(nameEnd + 1) : fixed)
    if (at > bodyAt) return undefined
    if (kind !== STRING) continue
    if (name === ':event-type' || name === ':exception-type') type = bytes.toString('utf8', valueAt, at)
    else if (name === ':message-type') messageType = bytes.toString('utf8', valueAt, at)
  }
  return { type, messageType, body: bytes.subarray(bodyAt, end) }
}
