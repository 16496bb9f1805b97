/** Money as it is told: exact, as text. Pure. */
import { NO_CURRENCY } from 'tacit-gateway/plugin'

/** Nano-units as a decimal, such as `12.5` or `0.000000001`: no digit is lost, and none is there for nothing. */
export function decimalOf(amountNano: bigint): string {
  const sign = amountNano < 0n ? '-' : ''
  const digits = (amountNano < 0n ? -amountNano : amountNano).toString().padStart(10, '0')
  const fraction = digits.slice(-9).replace(/0+$/, '')
  return `${sign}${digits.slice(0, -9)}${fraction === '' ? '' : `.${fraction}`}`
}

/** A decimal in nano-units; undefined for what is none, or is finer. */
export function nanoOf(text: string): bigint | undefined {
  const [, sign, whole, fraction = ''] = /^([+-]?)(\d{1,30})(?:\.(\d{1,30}))?$/.exec(text) ?? []
  if (whole === undefined || /[1-9]/.test(fraction.slice(9))) return undefined
  const amount = BigInt(whole) * 1_000_000_000n + BigInt(fraction.slice(0, 9).padEnd(9, '0'))
  return sign === '-' ? -amount : amount
}

/** Amounts of several currencies, in the order of their names, such as `["3.2 EUR", "12.5 USD"]`. */
export function moneyTexts(amounts: ReadonlyMap<string, bigint>): readonly string[] {
  return [...amounts]
    .filter(([currency]) => currency !== NO_CURRENCY)
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([currency, amount]) => `${decimalOf(amount)} ${currency}`)
}
