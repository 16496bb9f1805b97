/** Tells which calls use tokens: the path and the method say it before anything is read. Pure. */
import type { Format } from '../facts.ts'
import { usageFactsOf } from '../usage/formats.ts'

/** Names of calls that make nothing: they count, cut or cancel what others make. */
const FREE: readonly string[] = [
  'count_tokens',
  'count-tokens',
  'counttokens',
  'input_tokens',
  'tokenize',
  'detokenize',
  'cancel',
  'compact'
]

/** Whether usage may stand in the answer to a call. What is only looked at again (GET) was counted when it was made. */
export function mayUseTokens(format: Format, method: string, path: string): boolean {
  if (method !== 'POST' || usageFactsOf(format).length === 0) return false
  const query = path.indexOf('?')
  const plain = query < 0 ? path : path.slice(0, query)
  const name = plain.slice(Math.max(plain.lastIndexOf('/'), plain.lastIndexOf(':')) + 1).toLowerCase()
  return !FREE.includes(name)
}
