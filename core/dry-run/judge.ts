/** Judges what became of a request against what was expected. Pure. */
import type { Expectation } from './case-schema.ts'
import type { Explanation } from './explanation.ts'

/** One thing that is not as it was expected. */
export interface Failure {
  /** Such as `status` or `sent.headers.x-team`. */
  readonly what: string
  readonly expected: string
  readonly actual: string
}

const NONE = 'none'

/** What is not as expected, in the order of the expectation. Empty when everything is. */
export function judge(expected: Expectation, explanation: Explanation): readonly Failure[] {
  const failures: Failure[] = []
  const compare = (what: string, wanted: string | number | undefined, actual: string | number | undefined): void => {
    if (wanted === undefined || wanted === actual) return
    failures.push({ what, expected: String(wanted), actual: String(actual ?? NONE) })
  }
  const { attempts, response, targets } = explanation
  const last = attempts.at(-1)
  const target = targets.find(({ chosen }) => chosen) ?? targets.find(({ upstream }) => upstream === last?.upstream)
  compare('route', expected.route, explanation.route)
  compare('status', expected.status, response.status)
  compare('refusal', expected.refusal, response.reason)
  compare('consumer', expected.consumer, explanation.consumer)
  compare('upstream', expected.upstream, last?.upstream)
  compare('peer', expected.peer, last?.peer)
  compare('model', expected.model, target?.model)
  compare('tries', expected.tries, attempts.length)
  const headers = (
    what: string,
    wanted: { readonly headers: Readonly<Record<string, string>>; readonly without: readonly string[] },
    lines: readonly (readonly [name: string, value: string])[]
  ): void => {
    const actual = joined(lines)
    for (const [name, value] of Object.entries(wanted.headers)) {
      compare(`${what}.headers.${name}`, value, actual.get(name.toLowerCase()))
    }
    for (const name of wanted.without) {
      const found = actual.get(name.toLowerCase())
      if (found !== undefined) failures.push({ what: `${what}.headers.${name}`, expected: NONE, actual: found })
    }
  }
  const { sent, answered } = expected
  if (sent !== undefined) {
    if (last?.request === undefined) failures.push({ what: 'sent', expected: 'a request', actual: 'nothing' })
    else {
      compare('sent.method', sent.method, last.request.method)
      compare('sent.path', sent.path, last.request.target)
      headers('sent', sent, last.request.headers)
    }
  }
  if (answered !== undefined) headers('answered', answered, response.headers)
  return failures
}

/** Lines by name, repeated ones joined as RFC 9110, 5.3 has it. */
function joined(lines: readonly (readonly [name: string, value: string])[]): ReadonlyMap<string, string> {
  const values = new Map<string, string>()
  for (const [name, value] of lines) {
    const before = values.get(name)
    values.set(name, before === undefined ? value : `${before}, ${value}`)
  }
  return values
}
