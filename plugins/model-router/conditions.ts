/** Whether a target takes a request: who calls, how much it says, what it needs. Pure. */
import type { Consumer } from 'tacit-gateway/plugin'
import type { TargetConfig, WhenConfig } from './config.ts'
import type { Need } from './needs.ts'

/** What is known of a request once somebody had to look into it. */
export interface Look {
  readonly inputTokens: number
  readonly needs: ReadonlySet<Need>
}

type Conditions = Pick<TargetConfig, 'when' | 'lacks'>

/** Whether somebody has to look into a request to judge it. */
export function looksInto({ when, lacks }: Conditions): boolean {
  if (lacks !== undefined) return true
  return when?.fromInputTokens !== undefined || when?.toInputTokens !== undefined || when?.needs !== undefined
}

/** Why a target does not take what a consumer sends, whatever it is; undefined where it may. */
export function callerMisfit(when: WhenConfig | undefined, consumer: Consumer | undefined): string | undefined {
  if (when === undefined) return undefined
  const { consumers, groups, labels } = when
  if (consumers !== undefined && !consumers.includes(consumer?.id ?? '')) return 'it is for other consumers'
  if (groups !== undefined && !groups.includes(consumer?.group ?? '')) return 'it is for other groups'
  for (const name in labels) if (consumer?.labels[name] !== labels[name]) return 'it is for consumers with other labels'
  return undefined
}

/** Why a target does not take a request, by what is in it; undefined where it does. */
export function contentMisfit(
  { when, lacks = NO_NEEDS }: Conditions,
  { inputTokens, needs }: Look
): string | undefined {
  if (lacks.some(need => needs.has(need))) return 'the model lacks what the request needs'
  const { fromInputTokens = 0, toInputTokens = Number.POSITIVE_INFINITY, needs: wanted = NO_NEEDS } = when ?? {}
  if (inputTokens < fromInputTokens) return 'the input is too short for it'
  if (inputTokens > toInputTokens) return 'the input is too long for it'
  return wanted.every(need => needs.has(need)) ? undefined : 'the request does not need what it is for'
}

const NO_NEEDS: readonly Need[] = []
