/** Writes decoded values as an operator would write them, with secrets replaced, for comparisons and lists. Pure. */
import type { TSchema } from '@sinclair/typebox'
import { AddressSet } from '../contract/addresses.ts'
import { type Money, parseDurationMs, parseSizeBytes, SecretText } from '../contract/units.ts'
import { MASK, maskText } from './mask.ts'
import { isBlock } from './path.ts'

const DURATIONS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
  ['ms', 1]
] as const

const SIZES = [
  ['GiB', 1024 ** 3],
  ['GB', 1000 ** 3],
  ['MiB', 1024 ** 2],
  ['MB', 1000 ** 2],
  ['KiB', 1024],
  ['KB', 1000],
  ['B', 1]
] as const

/** A value as it would stand in the file, on one line. Secrets, and texts that look like one, are replaced. */
export function shown(schema: TSchema | undefined, value: unknown): string {
  if (value instanceof SecretText || schema?.unit === 'secret') return MASK
  if (value === undefined) return ''
  if (typeof value === 'number') return shownNumber(schema, value)
  if (typeof value === 'string') return value === '' ? "''" : maskText(value)
  if (isMoney(value)) return shownMoney(value)
  if (value instanceof AddressSet) return shown(undefined, value.ranges)
  if (Array.isArray(value)) return `[${value.map(item => shown(schema?.items, item)).join(', ')}]`
  if (isBlock(value)) {
    const entries = Object.entries(value).map(([key, item]) => `${key}: ${shown(schema?.properties?.[key], item)}`)
    return entries.length === 0 ? '{}' : `{ ${entries.join(', ')} }`
  }
  return String(value)
}

/** Whether a value is what its schema says for where nothing is written. */
export function isDefault(schema: TSchema | undefined, value: unknown): boolean {
  const written: unknown = schema?.default
  if (written === undefined) return false
  if (typeof value === 'number' && typeof written === 'string') {
    if (schema?.unit === 'duration') return parseDurationMs(written) === value
    if (schema?.unit === 'size') return parseSizeBytes(written) === value
  }
  return shown(schema, value) === shown(undefined, written)
}

function shownNumber(schema: TSchema | undefined, value: number): string {
  switch (schema?.unit) {
    case 'duration':
      return inLargest(value, DURATIONS)
    case 'size':
      return inLargest(value, SIZES)
    case 'moment':
      return new Date(value).toISOString()
    case 'share':
      return `${Number((value * 100).toPrecision(12))}%`
    default:
      return String(value)
  }
}

/** The largest unit that a whole number of makes up the value. */
function inLargest(value: number, units: readonly (readonly [string, number])[]): string {
  const [name, size] = units.find(([, size]) => value !== 0 && value % size === 0) ?? units.at(-1) ?? ['', 1]
  return `${value / size}${name}`
}

function isMoney(value: unknown): value is Money {
  return isBlock(value) && typeof value.amountNano === 'bigint' && typeof value.currency === 'string'
}

function shownMoney({ amountNano, currency }: Money): string {
  const fraction = (amountNano % 1_000_000_000n)
    .toString()
    .padStart(9, '0')
    .replace(/0{1,7}$/, '')
  return `${amountNano / 1_000_000_000n}.${fraction} ${currency}`
}
