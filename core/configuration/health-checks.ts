/** Checks of `health:` of an upstream that no schema can make. */
import { parseDurationMs, parseShare } from '../contract/units.ts'
import { type Finding, problem } from './finding.ts'
import { type Entry, entriesOf, entryOf, type Written, wordOf } from './written.ts'

/** RFC 9110, 5.1 and 5.5; nothing beyond Latin-1. */
const NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/

/** Blocks below `health`, their times that cannot be nothing, and their shares that cannot be more than everything. */
const BLOCKS: readonly (readonly [block: string, times: readonly string[], shares: readonly string[]])[] = [
  ['outlier', ['interval', 'baseEjectionTime'], ['maxEjectionPercent']],
  ['check', ['interval', 'timeout'], []],
  ['slowStart', ['window'], ['minWeight']]
]

/** Everything that is wrong with how the health of peers is watched. */
export function checkHealth({ root }: Written): readonly Finding[] {
  return entriesOf(root, 'upstreams').flatMap(upstream => {
    const health = entryOf(upstream, 'health')
    if (health === undefined) return []
    const outlier = entryOf(health, 'outlier')
    const failurePercentage = outlier === undefined ? undefined : entryOf(outlier, 'failurePercentage')
    return [
      ...BLOCKS.flatMap(([name, times, shares]) => {
        const block = entryOf(health, name)
        return block === undefined ? [] : [...positive(block, times), ...within(block, shares)]
      }),
      ...(failurePercentage === undefined ? [] : within(failurePercentage, ['threshold'])),
      ...within(health, ['panicThreshold']),
      ...requestOf(entryOf(health, 'check'))
    ]
  })
}

function requestOf(check: Entry | undefined): readonly Finding[] {
  if (check === undefined) return []
  const body = wordOf(check, 'body')
  const unsent =
    body === undefined || check.value.method === 'POST'
      ? []
      : [problem(body.path, 'TACIT_BODY_UNSENT', 'Only a POST has a body.', 'Set `method: POST`.', 'key')]
  const headers = entryOf(check, 'headers')
  const unfit = Object.entries(headers?.value ?? {}).flatMap(([name, value]) => {
    if (NAME.test(name) && (typeof value !== 'string' || VALUE.test(value))) return []
    return problem(
      [...check.path, 'headers', name],
      'TACIT_HEADER_UNFIT',
      'This header cannot be sent.',
      'Write a name of letters, digits and hyphens, and a value on one line.',
      'key'
    )
  })
  return [...unsent, ...unfit]
}

function positive(block: Entry, keys: readonly string[]): readonly Finding[] {
  return keys.flatMap(key => {
    const word = wordOf(block, key)
    if (word === undefined || parseDurationMs(word.text) !== 0) return []
    return problem(word.path, 'TACIT_TIME_ZERO', `"${key}" cannot be nothing.`, 'Write a time such as 10s.')
  })
}

function within(block: Entry, keys: readonly string[]): readonly Finding[] {
  return keys.flatMap(key => {
    const word = wordOf(block, key)
    if (word === undefined || (parseShare(word.text) ?? 0) <= 1) return []
    return problem(word.path, 'TACIT_SHARE_INVALID', `"${key}" cannot be more than 100%.`, 'Write a share such as 50%.')
  })
}
