/** Edits of headers, checked once and then applied to each message. Pure. */
import type { HeadersEditor } from 'tacit-gateway/plugin'

/** What operators write for one direction. Names in any case. */
export interface EditsConfig {
  readonly remove?: readonly string[]
  readonly set?: Readonly<Record<string, string>>
  readonly ifAbsent?: Readonly<Record<string, string>>
  readonly append?: Readonly<Record<string, string>>
}

/** Applies the edits of one direction. */
export type Edit = (headers: HeadersEditor) => void

/** RFC 9110, 5.6.2. */
const NAME = /^[!#$%&'*+.^_`|~0-9a-z-]+$/
/** RFC 9110, 5.5, without the obsolete octets above ASCII: inner spaces and tabs, none at the ends. */
const VALUE = /^(?:[!-~](?:[\t -~]*[!-~])?)?$/

/** What belongs to a connection rather than to a message (RFC 9110, 7.6.1), frames the body, or names the host. */
const RESERVED: readonly string[] = [
  'connection',
  'content-length',
  'expect',
  'host',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade'
]

/**
 * Checks the edits of one direction, and makes them ready to be applied: `remove`, then `set`, `ifAbsent`, `append`.
 * @param where how operators know the direction, for errors.
 * @returns undefined when nothing is to be done.
 * @throws Error with a sentence for the operator.
 */
export function compileEdits(where: 'request' | 'response', config: EditsConfig = {}): Edit | undefined {
  const { remove = [], set = {}, ifAbsent = {}, append = {} } = config
  const removed = remove.map(name => checkedName(`${where}.remove`, name))
  const setPairs = checkedPairs(`${where}.set`, set)
  const absentPairs = checkedPairs(`${where}.ifAbsent`, ifAbsent)
  const appendedPairs = checkedPairs(`${where}.append`, append)
  refuseTwice(where, [...removed, ...[...setPairs, ...absentPairs].map(([name]) => name)])
  if (removed.length + setPairs.length + absentPairs.length + appendedPairs.length === 0) return undefined

  return headers => {
    for (const name of removed) headers.delete(name)
    for (const [name, value] of setPairs) headers.set(name, value)
    for (const [name, value] of absentPairs) {
      if (headers.get(name) === undefined) headers.set(name, value)
    }
    for (const [name, value] of appendedPairs) headers.append(name, value)
  }
}

function checkedPairs(where: string, pairs: Readonly<Record<string, string>>): (readonly [string, string])[] {
  return Object.entries(pairs).map(([name, value]) => {
    const lower = checkedName(where, name)
    if (!VALUE.test(value)) {
      throw new Error(
        `\`${where}\` gives "${lower}" a value that cannot be sent: it must be one line of ASCII, with no space at either end.`
      )
    }
    return [lower, value] as const
  })
}

function checkedName(where: string, name: string): string {
  const lower = name.toLowerCase()
  if (!NAME.test(lower)) throw new Error(`\`${where}\` names "${name}", which is no name of a header.`)
  if (RESERVED.includes(lower) || lower.startsWith('proxy-')) {
    throw new Error(`\`${where}\` names "${lower}", which the gateway itself has to decide on.`)
  }
  return lower
}

/** A header that is both removed and set, or set twice, was meant some other way. `append` goes with the others. */
function refuseTwice(where: string, names: readonly string[]): void {
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (twice !== undefined) {
    throw new Error(`\`${where}\` names "${twice}" twice among \`remove\`, \`set\` and \`ifAbsent\`: keep one of them.`)
  }
}
