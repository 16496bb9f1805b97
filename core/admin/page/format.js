/** Writes figures for people. Pure. */

/** What stands where nothing is known. */
export const NOTHING = '–'

const WHOLE = new Intl.NumberFormat('en', { maximumFractionDigits: 0 })
const ONE = new Intl.NumberFormat('en', { maximumFractionDigits: 1 })

/** A count: `1,204`, `18.3 k`, `2.1 M`. */
export function count(value) {
  if (value < 10_000) return WHOLE.format(value)
  return value < 1_000_000 ? `${ONE.format(value / 1000)} k` : `${ONE.format(value / 1_000_000)} M`
}

/** So many of something: `1 error`, `12 errors`. */
export function counted(value, what) {
  return `${count(value)} ${what}${value === 1 ? '' : 's'}`
}

/** So many a second. */
export function rate(value) {
  if (value === 0) return '0'
  return value < 10 ? value.toFixed(value < 1 ? 2 : 1) : count(value)
}

/** A share of a whole, `0.4 %`; nothing where there is no whole. */
export function share(part, whole) {
  if (whole === 0) return NOTHING
  const percent = (part / whole) * 100
  if (percent === 0) return '0 %'
  return percent < 0.1 ? '< 0.1 %' : `${ONE.format(percent)} %`
}

/** Milliseconds in the unit that reads best. */
export function time(ms) {
  if (ms === null || ms === undefined) return NOTHING
  if (ms < 1) return '< 1 ms'
  if (ms < 1000) return `${ms < 10 ? ONE.format(ms) : WHOLE.format(ms)} ms`
  if (ms < 60_000) return `${ONE.format(ms / 1000)} s`
  if (ms < 3_600_000) return `${WHOLE.format(ms / 60_000)} min`
  return ms < 172_800_000 ? `${ONE.format(ms / 3_600_000)} h` : `${WHOLE.format(ms / 86_400_000)} d`
}

/** Bytes in the unit that reads best. */
export function bytes(value) {
  if (value < 1024) return `${value} B`
  return value < 1024 ** 2 ? `${ONE.format(value / 1024)} KiB` : `${ONE.format(value / 1024 ** 2)} MiB`
}
