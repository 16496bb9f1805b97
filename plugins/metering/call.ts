/** One call on its way: what was sent, to whom, and what its answer told. */
import { estimateTokens, type Format } from 'tacit-gateway/dialects'
import type { Outcome } from 'tacit-gateway/plugin'
import type { Meter } from './meter.ts'

/** Longer requests are not parsed to count their tokens, but taken by their length. */
const PARSED_BYTES = 1024 * 1024
/** How an input is estimated that nobody told: English has some 4 bytes in a token. */
const RULES = { bytesPerToken: 4, imageTokens: 1_000, outputTokens: 0 }

/** What is known of a call before it is answered; made anew for each try. */
export interface Sent {
  readonly format: Format
  /** Path with query, as it leaves. */
  readonly path: string
  readonly provider: string | undefined
  /** The name of the model that leaves. */
  readonly model: string | undefined
  readonly isStream: boolean
  /** Whether usage may stand in the answer. */
  readonly mayUse: boolean
  /** Whether the gateway asks for usage in place of the client. */
  readonly isAskedFor: boolean
  /** As it was when this plugin saw it. */
  readonly body: Uint8Array
}

/** A call: its latest try, and the answer to it. */
export class Call {
  readonly sent: Sent
  outcome: Outcome | undefined
  /** Of an answer that began well. */
  meter: Meter | undefined

  constructor(sent: Sent) {
    this.sent = sent
  }

  /** Whether somebody has the request, as far as the gateway can tell, and did not refuse it. */
  get isSent(): boolean {
    return this.outcome !== 'connect_failed' && this.outcome !== 'rejected'
  }

  /** The tokens that its request probably has. Pictures and sound are taken by their size, and files not at all. */
  countInput(): number {
    const { format, path, body } = this.sent
    if (body.length > PARSED_BYTES) return Math.ceil(body.length / RULES.bytesPerToken)
    const parsed = parsedOrUndefined(body)
    return parsed === undefined ? 0 : estimateTokens(format, path, parsed, body.length, RULES).inputTokens
  }
}

function parsedOrUndefined(body: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8'))
  } catch {
    return undefined
  }
}
