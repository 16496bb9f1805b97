/** Checks of the `records:` block that no schema can make. */
import { parseDurationMs } from '../contract/units.ts'
import { type Finding, problem } from './finding.ts'
import { isBlock } from './path.ts'
import { type Entry, entryOf, type Written } from './written.ts'

const HEX = /^[0-9a-fA-F]{64}$/
const BASE64 = /^[A-Za-z0-9+/_-]{43}=?$/
const DAY_MS = 86_400_000

/** The 32 bytes that a master key is written for; undefined for anything else. */
export function parseMasterKey(text: string): Buffer | undefined {
  const trimmed = text.trim()
  if (HEX.test(trimmed)) return Buffer.from(trimmed, 'hex')
  return BASE64.test(trimmed) ? Buffer.from(trimmed, 'base64') : undefined
}

/** Everything that is wrong with how records are kept. */
export function checkRecords({ root }: Written): readonly Finding[] {
  const file: Entry = { value: isBlock(root) ? root : {}, path: [] }
  const records = entryOf(file, 'records')
  return records === undefined ? [] : [...checkKeys(records), ...checkLives(records), ...checkStream(file, records)]
}

function checkStream(file: Entry, records: Entry): readonly Finding[] {
  const stream = entryOf(records, 'stream')
  const stores = entryOf(file, 'stores')
  if (stream === undefined || (stores !== undefined && entryOf(stores, 'redis') !== undefined)) return []
  return [
    problem(
      stream.path,
      'TACIT_STREAM_NOWHERE',
      'Rows are to go through a stream in Redis, and no Redis is configured.',
      'Set `stores.redis`.',
      'key'
    )
  ]
}

function checkKeys({ value, path }: Entry): readonly Finding[] {
  const { masterKey, oldMasterKeys } = value
  const old: readonly unknown[] = Array.isArray(oldMasterKeys) ? oldMasterKeys : []
  const places: readonly (readonly [unknown, readonly (string | number)[]])[] = [
    [masterKey, [...path, 'masterKey']],
    ...old.map((key, index) => [key, [...path, 'oldMasterKeys', index]] as const)
  ]
  return places.flatMap(([key, at]) => {
    if (typeof key !== 'string' || parseMasterKey(key) !== undefined) return []
    return problem(
      at,
      'TACIT_MASTER_KEY_INVALID',
      'This master key is not 32 bytes in base64 or hexadecimal digits.',
      'Make one with `openssl rand -base64 32`.'
    )
  })
}

function checkLives(records: Entry): readonly Finding[] {
  const keep = entryOf(records, 'keep')
  if (keep === undefined) return []
  return Object.entries(keep.value).flatMap(([name, written]) => {
    const lifeMs = typeof written === 'string' ? parseDurationMs(written) : undefined
    if (lifeMs === undefined || (lifeMs >= 2 * DAY_MS && lifeMs <= 3_660 * DAY_MS)) return []
    return problem(
      [...keep.path, name],
      'TACIT_LIFE_INVALID',
      'The life of rows is 2d to 3660d.',
      'A day’s rows go together, as soon as the first of them has lived so long.'
    )
  })
}
