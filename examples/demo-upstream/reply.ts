/**
 * What every API of the demo upstream hands to the wire, and the few constants
 * that make its answers repeat. Pure.
 */
import { createHash } from 'node:crypto'

/** A body sent in one piece. */
export interface WholeReply {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** Server-sent events, each with the empty line that ends it. */
export interface StreamReply {
  readonly headers: Readonly<Record<string, string>>
  readonly events: readonly string[]
  /** What the API sends inside a stream when it fails there, in place of the event with this index. */
  errorEvent(index: number): string
}

/** An answer, ready for the wire. */
export type Reply = WholeReply | StreamReply

/** When everything here was made, in seconds since the epoch: 2026-01-01. Fixed, so that answers repeat. */
export const CREATED_AT_S = 1_767_225_600

/** A JSON body. */
export function jsonReply(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): WholeReply {
  return { status, headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) }
}

/** Hexadecimal digest of some parts, for identifiers. The same parts always give the same one. */
export function digest(...parts: readonly (string | Uint8Array)[]): string {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part).update('\0')
  return hash.digest('hex')
}
