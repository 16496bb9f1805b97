/** Server-sent events that carry the instant they were written, and the search for these instants on arrival. Pure. */

/** Size of one event, in bytes. */
export const EVENT_BYTES = 200

const DIGITS = 16
const MARK = 0x40 /* @ */
const HEAD =
  'data: {"id":"chatcmpl-benchmark","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"content":"'
const TAIL = '"}}]}\n\n'
/** Of a server that was asked for usage. */
const TAIL_ASKED = '"}}],"usage":null}\n\n'
const PADDING = ' '.repeat(EVENT_BYTES - HEAD.length - TAIL.length - DIGITS - 1)
const PADDING_ASKED = PADDING.slice(TAIL_ASKED.length - TAIL.length)

/**
 * One event as an OpenAI-compatible upstream would send it.
 * @param stampNs an instant of the machine's monotonic clock
 * @param isAsked whether it was asked for usage, and says in each event that there is none yet
 */
export function stampedEvent(stampNs: number, isAsked = false): string {
  const stamp = String(stampNs).padStart(DIGITS, '0')
  return isAsked ? `${HEAD}${PADDING_ASKED}@${stamp}${TAIL_ASKED}` : `${HEAD}${PADDING}@${stamp}${TAIL}`
}

/** Finds the stamps in one stream of events, however it is cut. */
export class StampReader {
  /** Digits of the stamp that is being read; -1 between stamps. */
  #digits = -1
  #value = 0

  /** Calls `found` for every stamp that ends in these bytes. */
  push(bytes: Uint8Array, found: (stampNs: number) => void): void {
    let at = 0
    while (at < bytes.length) {
      if (this.#digits < 0) {
        const mark = bytes.indexOf(MARK, at)
        if (mark < 0) return
        this.#digits = 0
        this.#value = 0
        at = mark + 1
      } else {
        this.#value = this.#value * 10 + ((bytes[at] ?? 0) - 0x30)
        at++
        if (++this.#digits === DIGITS) {
          this.#digits = -1
          found(this.#value)
        }
      }
    }
  }
}
