/** Shares of a price, kept as whole numbers so that no amount ever passes through a float. Pure. */
import { type TString, type TTransform, Type } from '@sinclair/typebox'

const PERCENT = /^(\d{1,4})(?:\.(\d{1,3}))?%$/

/** What a share of 100 % is: shares are counted in thousandths of a percent. */
export const WHOLE_SHARE = 100_000n

/** `50%` or `12.5%` in thousandths of a percent; undefined for anything else. */
export function parsePercent(text: string): bigint | undefined {
  const [, whole, fraction = ''] = PERCENT.exec(text) ?? []
  return whole === undefined ? undefined : BigInt(whole) * 1000n + BigInt(fraction.padEnd(3, '0'))
}

/** A share such as `50%`, exactly; decodes to thousandths of a percent. May be above 100%. */
export function Percent(description: string): TTransform<TString, bigint> {
  return Type.Transform(Type.String({ pattern: PERCENT.source, unit: 'share', description, examples: ['50%'] }))
    .Decode(text => {
      const share = parsePercent(text)
      if (share === undefined) throw new TypeError('decoded before it was checked')
      return share
    })
    .Encode(() => {
      throw new TypeError('shares are read, never written')
    })
}
