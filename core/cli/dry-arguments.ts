/** Reads what a dry run is asked for from arguments: headers, bodies, instants and answers that peers are taken to give. */
import { readNamedFile } from '../configuration/named-file.ts'
import { parseDurationMs } from '../contract/units.ts'
import type { AssumedAnswer } from '../dry-run/explanation.ts'
import { GatewayError } from '../errors.ts'
import type { Terminal } from './terminal.ts'

/** Largest body that is read, in bytes. */
const MAX_BODY_BYTES = 64 * 1024 * 1024

/** `name: value`, as curl takes it. @throws GatewayError `TACIT_ARGUMENT_INVALID`. */
export function parseHeader(line: string): readonly [name: string, value: string] {
  const colon = line.indexOf(':')
  const name = line.slice(0, colon).trim()
  if (colon < 1 || !/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name)) {
    throw invalid('A header is written as "name: value".', "Such as -H 'content-type: application/json'.")
  }
  return [name, line.slice(colon + 1).trim()]
}

/** A body as curl takes it: the text itself, `@file`, or `@-` for standard input. @throws GatewayError `TACIT_FILE_UNREADABLE`. */
export async function readBody(data: string, terminal: Terminal): Promise<string | Buffer> {
  if (!data.startsWith('@')) return data
  const file = data.slice(1)
  if (file === '-') {
    const pieces: Buffer[] = []
    let bytes = 0
    for await (const piece of terminal.input) {
      pieces.push(Buffer.from(piece))
      bytes += piece.length
      if (bytes > MAX_BODY_BYTES) throw invalid('Standard input holds more than 64 MiB.', 'Send a shorter body.')
    }
    return Buffer.concat(pieces)
  }
  return readNamedFile(file)
}

/** An instant such as `2026-01-01T00:00:00Z`, in ms since the epoch. @throws GatewayError `TACIT_ARGUMENT_INVALID`. */
export function parseInstant(text: string): number {
  const at = /^\d{4}-\d{2}-\d{2}(?:T[\d:.]+(?:Z|[+-]\d{2}:\d{2}))?$/.test(text) ? Date.parse(text) : Number.NaN
  if (Number.isFinite(at)) return at
  throw invalid('An instant is written as 2026-01-01 or 2026-01-01T00:00:00Z.')
}

const ANSWER = /^(?:([a-z0-9._/-]+)=)?(connect_failed|timed_out|reset|[2-5]\d\d)(?:,([\w.]+))?$/

/**
 * What a peer is taken to answer: `503` for all, `eu=503`, `chat/eu=timed_out`, `eu=200,250ms` after that time.
 * @throws GatewayError `TACIT_ARGUMENT_INVALID`.
 */
export function parseAnswer(text: string): readonly [peer: string, answer: AssumedAnswer] {
  const [, peer = '*', word, after] = ANSWER.exec(text) ?? []
  const afterMs = after === undefined ? 0 : parseDurationMs(after)
  if (word === undefined || afterMs === undefined) {
    throw invalid(
      'An answer is a status, `connect_failed`, `timed_out` or `reset`, for one peer or for all.',
      'Such as --answer 503, --answer eu=timed_out or --answer chat/eu=200,250ms.'
    )
  }
  const outcome = word === 'connect_failed' || word === 'timed_out' || word === 'reset' ? word : 'answers'
  return [peer, outcome === 'answers' ? { outcome, status: Number(word), afterMs } : { outcome }]
}

function invalid(message: string, cure?: string): GatewayError {
  return new GatewayError('TACIT_ARGUMENT_INVALID', message, cure)
}
