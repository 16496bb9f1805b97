/** Checks of `health:` of an upstream that no schema can make. */
import { parseDurationMs, parseShare } from '../contract/units.ts'
import { type Finding, problem } from './finding.ts'
import { type Entry, entriesOf, entryOf, type Written, wordOf } from './written.ts'

/** Blocks below `health`, their times that cannot be nothing, and their shares that cannot be more than everything. */
const BLOCKS: readonly (readonly [block: string, times: readonly string[], shares: readonly string[]])[] = [
  ['outlier', ['interval', 'baseEjectionTime'], ['maxEjectionPercent']],
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
      ...within(health, ['panicThreshold'])
    ]
  })
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
