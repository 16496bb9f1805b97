/**
 * Cases that are kept beside the repository and not in it. Whoever uses them must
 * do without where they are not.
 */
import { existsSync, readFileSync } from 'node:fs'
import type { AttackCase } from './attacks.ts'

const FILE = new URL('../../../shared/data/wire/attacks/dev.jsonl', import.meta.url)

/** One case as it is kept. */
export interface SharedCase {
  readonly id: string
  readonly class: string
  readonly kind: string
  /** Bytes, or null where `gen` says how to make them. */
  readonly raw_base64: string | null
  readonly expected: string
  readonly requests_in_payload?: number
  readonly canary_may_arrive_as_a_pipelined_request?: boolean
  readonly must_not_reach_upstream?: readonly string[]
}

/** Why the cases are not there; undefined when they are. */
export const SHARED_CASES_MISSING = existsSync(FILE) ? undefined : 'the shared cases are not on this machine'

/** All cases of a kind; none where they are missing. */
export function sharedCases(kind: string): readonly SharedCase[] {
  if (SHARED_CASES_MISSING !== undefined) return []
  const lines = readFileSync(FILE, 'utf8').trim().split('\n')
  return lines.map((line): SharedCase => JSON.parse(line)).filter(each => each.kind === kind)
}

/** The bytes of a case as Latin-1. */
export function rawOf({ raw_base64 }: SharedCase): string {
  return Buffer.from(raw_base64 ?? '', 'base64').toString('latin1')
}

/** A case of kind `http-request` in the form that `attempt` takes. */
export function attackOf(shared: SharedCase): AttackCase {
  return {
    id: shared.id,
    class: shared.class,
    raw: rawOf(shared),
    expected: shared.expected,
    requestsInPayload: shared.requests_in_payload,
    canaryMayArrive: shared.canary_may_arrive_as_a_pipelined_request,
    mustNotReachUpstream: shared.must_not_reach_upstream
  }
}
