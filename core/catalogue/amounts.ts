/** Writes amounts as people read them, to the last digit. Pure. */

const NANO_DIGITS = 9
const FEMTO_DIGITS = 15

/** Nano-units as an amount: `2.50 USD`, `0.000000007 USD`. Two decimals at least, and no zeros behind the others. */
export function formatNano(amountNano: bigint, currency: string): string {
  return format(amountNano, NANO_DIGITS, currency)
}

/** Femto-units (1e-15) as an amount. */
export function formatFemto(amountFemto: bigint, currency: string): string {
  return format(amountFemto, FEMTO_DIGITS, currency)
}

function format(amount: bigint, digits: number, currency: string): string {
  const sign = amount < 0n ? '-' : ''
  const written = String(amount < 0n ? -amount : amount).padStart(digits + 1, '0')
  const fraction = written.slice(-digits).replace(/0+$/, '').padEnd(2, '0')
  return `${sign}${written.slice(0, -digits)}.${fraction} ${currency}`
}
