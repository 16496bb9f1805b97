/**
 * Values with a unit, as operators write them, and the schemas that plugins and
 * core describe them with. Pure.
 */
import { type TString, type TTransform, Type } from '@sinclair/typebox'

/** Options that every unit's schema takes. `default` is written as an operator would write it. */
export interface UnitOptions {
  readonly description?: string
  readonly default?: string
}

/** Money: whole nano-units (1e-9) of a currency. */
export interface Money {
  /** ISO 4217, such as `USD`. */
  readonly currency: string
  readonly amountNano: bigint
}

/** What ISO 4217 calls money of no currency: there is none of it. */
export const NO_CURRENCY = 'XXX'

/** Text that must not be printed: it turns to `[secret]` wherever it is written. */
export class SecretText {
  readonly #text: string
  constructor(text: string) {
    this.#text = text
  }
  /** The text itself. Hand it to whoever needs it, and to nobody else. */
  reveal(): string {
    return this.#text
  }
  toString(): string {
    return '[secret]'
  }
  toJSON(): string {
    return '[secret]'
  }
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return '[secret]'
  }
}

const MILLISECONDS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const
const BYTES = { B: 1, KB: 1000, MB: 1000 ** 2, GB: 1000 ** 3, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 } as const

const DURATION = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/
const SIZE = /^(\d+(?:\.\d+)?)(B|KB|MB|GB|KiB|MiB|GiB)$/
const MOMENT = /^(\d{4}-\d{2}-\d{2})(T\d{2}:\d{2}:\d{2}(?:\.\d{1,3})?(?:Z|[+-]\d{2}:\d{2}))?$/
const MONEY = /^(\d+)(?:\.(\d{1,9}))? ([A-Z]{3})$/
const PERCENT = /^(\d+(?:\.\d+)?)%$/
const DIGEST = /^hmac-sha256:[A-Za-z0-9_-]{43}$/

/** `250ms`, `30s`, `10m`, `1h`, `7d` in milliseconds, rounded to a whole one; undefined for anything else. */
export function parseDurationMs(text: string): number | undefined {
  const [, amount, unit] = DURATION.exec(text) ?? []
  if (amount === undefined) return undefined
  return Math.round(Number(amount) * MILLISECONDS[unit as keyof typeof MILLISECONDS])
}

/** `512B`, `64KiB`, `10MiB`, `1GB` in bytes, rounded to a whole one; undefined for anything else. */
export function parseSizeBytes(text: string): number | undefined {
  const [, amount, unit] = SIZE.exec(text) ?? []
  if (amount === undefined) return undefined
  return Math.round(Number(amount) * BYTES[unit as keyof typeof BYTES])
}

/**
 * `2026-12-31` (00:00 UTC of that day) or `2026-12-31T18:00:00Z`, with any offset (RFC 3339, 5.6), in ms since the epoch;
 * undefined for anything else, and for days that no calendar has.
 */
export function parseMoment(text: string): number | undefined {
  const [, day = '', time = 'T00:00:00Z'] = MOMENT.exec(text) ?? []
  const at = Date.parse(`${day}${time}`)
  // The parser rolls the 31st of February over.
  const isDay = new Date(`${day}T00:00:00Z`).toJSON()?.startsWith(day) === true
  return isDay && at >= 0 ? at : undefined
}

/** `5.00 USD`, exactly, down to nine decimals; undefined for anything else. */
export function parseMoney(text: string): Money | undefined {
  const [, whole, fraction = '', currency] = MONEY.exec(text) ?? []
  if (whole === undefined || currency === undefined) return undefined
  return { currency, amountNano: BigInt(whole) * 1_000_000_000n + BigInt(fraction.padEnd(9, '0')) }
}

/** `20%` as 0.2; undefined for anything else. */
export function parseShare(text: string): number | undefined {
  const [, amount] = PERCENT.exec(text) ?? []
  return amount === undefined ? undefined : Number(amount) / 100
}

/** The schema of a string with a unit; `unit` is how reports know what was expected. */
type UnitSchema<Value> = TTransform<TString, Value>

function unit<Value>(
  name: string,
  pattern: RegExp,
  options: UnitOptions,
  decode: (text: string) => Value
): UnitSchema<Value> {
  return Type.Transform(Type.String({ ...options, pattern: pattern.source, unit: name }))
    .Decode(decode)
    .Encode(() => {
      throw new TypeError('values with a unit are read, never written')
    })
}

/** A value that matches its pattern always parses: schemas are checked before they are decoded. */
function parsed<Value>(value: Value | undefined): Value {
  if (value === undefined) throw new TypeError('decoded before it was checked')
  return value
}

/** A duration such as `30s`; decodes to milliseconds. */
export function Duration(options: UnitOptions = {}): UnitSchema<number> {
  return unit('duration', DURATION, options, text => parsed(parseDurationMs(text)))
}

/** A size such as `10MiB`; decodes to bytes. */
export function ByteSize(options: UnitOptions = {}): UnitSchema<number> {
  return unit('size', SIZE, options, text => parsed(parseSizeBytes(text)))
}

/** A moment such as `2026-12-31` or `2026-12-31T18:00:00Z`; decodes to ms since the epoch. */
export function Moment(options: UnitOptions = {}): UnitSchema<number> {
  return unit('moment', MOMENT, options, text => {
    const at = parseMoment(text)
    if (at === undefined) throw new RangeError('no calendar has this moment')
    return at
  })
}

/** An amount such as `5.00 USD`; decodes to nano-units. */
export function MoneyAmount(options: UnitOptions = {}): UnitSchema<Money> {
  return unit('money', MONEY, options, text => parsed(parseMoney(text)))
}

/** A share such as `20%`; decodes to a number, 0.2. */
export function Share(options: UnitOptions = {}): UnitSchema<number> {
  return unit('share', PERCENT, options, text => parsed(parseShare(text)))
}

/** Text that is never printed; write it as `${NAME}` or `${file:path}`. Decodes to {@link SecretText}. */
export function Secret(options: UnitOptions = {}): UnitSchema<SecretText> {
  return unit('secret', /[\s\S]/, options, text => new SecretText(text))
}

/**
 * What a credential is looked up by: a keyed digest, `hmac-sha256:…` in base64url, as `tacit key hash` prints it. One
 * without a key (`sha256:…`) would never match, so it is refused rather than forgotten.
 */
export function Digest(options: UnitOptions = {}): TString {
  return Type.String({ ...options, pattern: DIGEST.source, unit: 'digest' })
}
