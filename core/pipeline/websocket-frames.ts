/**
 * Where the frames of a WebSocket begin and end (RFC 6455, 5), so that a tunnel
 * can be closed between two of them and no frame is larger than allowed. Looks at
 * heads only: what is said is neither unmasked nor kept. Pure.
 */

/** What a frame reader finds wrong, as the code to close with (RFC 6455, 7.4.1). */
export type FrameFault = 1002 | 1009

/** Who sends: only clients mask what they send (RFC 6455, 5.1). */
export type FrameSender = 'client' | 'server'

const CLOSE = 8
/** Control frames are no longer than this, and never in pieces (RFC 6455, 5.5). */
const MAX_CONTROL_BYTES = 125
/** Head of a frame at its longest: two bytes, eight of length, four of mask. */
const MAX_HEAD_BYTES = 14

/** Follows the frames of one direction. */
export class FrameReader {
  readonly #isMasked: boolean
  readonly #maxFrameBytes: number
  readonly #head = Buffer.alloc(MAX_HEAD_BYTES)
  #headBytes = 0
  /** Bytes that are left of the payload of the frame that is read. */
  #left = 0
  #isInMessage = false
  /** Whole messages and control frames so far. */
  frames = 0
  /** Whether a close frame has begun: nothing may follow it. */
  hasClosed = false

  constructor(sender: FrameSender, maxFrameBytes: number) {
    this.#isMasked = sender === 'client'
    this.#maxFrameBytes = maxFrameBytes
  }

  /** Whether the bytes so far end with a frame: another may be put in behind them. */
  get isBetween(): boolean {
    return this.#headBytes === 0 && this.#left === 0
  }

  /** Reads on. @returns what is wrong, or undefined. Nothing is to be read after that. */
  read(bytes: Uint8Array): FrameFault | undefined {
    let index = 0
    while (index < bytes.length) {
      if (this.#left > 0) {
        const taken = Math.min(this.#left, bytes.length - index)
        this.#left -= taken
        index += taken
        continue
      }
      if (this.hasClosed && this.#headBytes === 0) return 1002
      this.#head[this.#headBytes++] = bytes[index++] ?? 0
      if (this.#headBytes < 2 || this.#headBytes < this.#headLength()) continue
      const fault = this.#begin()
      if (fault !== undefined) return fault
      this.#headBytes = 0
    }
    return undefined
  }

  #headLength(): number {
    const second = this.#head[1] ?? 0
    const length = second & 0x7f
    return 2 + (length === 126 ? 2 : length === 127 ? 8 : 0) + (second & 0x80 ? 4 : 0)
  }

  #begin(): FrameFault | undefined {
    const first = this.#head[0] ?? 0
    const second = this.#head[1] ?? 0
    const isFinal = (first & 0x80) !== 0
    const opcode = first & 0x0f
    if (((second & 0x80) !== 0) !== this.#isMasked) return 1002
    const short = second & 0x7f
    const length =
      short === 126 ? this.#head.readUInt16BE(2) : short === 127 ? Number(this.#head.readBigUInt64BE(2)) : short
    if (opcode >= CLOSE) {
      if (opcode > 10 || !isFinal || short > MAX_CONTROL_BYTES) return 1002
      this.hasClosed = opcode === CLOSE
    } else {
      // A message goes on with opcode 0, and only one is under way.
      if (opcode > 2 || (opcode === 0) !== this.#isInMessage) return 1002
      this.#isInMessage = !isFinal
    }
    if (length > this.#maxFrameBytes) return 1009
    if (isFinal) this.frames++
    this.#left = length
    return undefined
  }
}

/** A close frame (RFC 6455, 5.5.1). @param mask for one that a client sends; four bytes that nobody can foresee. */
export function closeFrame(code: number, mask?: Uint8Array): Buffer {
  const payload = Buffer.alloc(2)
  payload.writeUInt16BE(code)
  if (mask === undefined) return Buffer.concat([Buffer.from([0x80 | CLOSE, payload.length]), payload])
  for (const index of payload.keys()) payload[index] = (payload[index] ?? 0) ^ (mask[index % 4] ?? 0)
  return Buffer.concat([Buffer.from([0x80 | CLOSE, 0x80 | payload.length]), mask, payload])
}
