/** The body of a refusal to a program or a page: problem details (RFC 9457). Pure. */
import { factsOf } from '../dialects/index.ts'
import type { Refused } from '../errors.ts'
import type { InputProblem } from './input.ts'

/** Media type of what {@link problemBody} writes. */
export const PROBLEM_TYPE = 'application/problem+json'

/** What core answers everywhere, and with `errors` (RFC 9457, 3) what is wrong with the request. */
export function problemBody(refused: Refused, requestId: string, problems: readonly InputProblem[] = []): string {
  const { status, reason, message, retryable } = refused
  const body = factsOf('http').errorBody({ status, reason, message, retryable, requestId })
  if (problems.length === 0) return body
  const errors = problems.map(({ pointer, message: detail }) => ({ pointer: `#${pointer}`, detail }))
  return `${body.slice(0, -1)},"errors":${JSON.stringify(errors)}}`
}
