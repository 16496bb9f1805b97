/** What an operator may set of how tokens are estimated, for every plugin that holds by an estimate. */
import { Type } from '@sinclair/typebox'

/** Fields of an `estimate:` block, as `EstimateRules` has them. */
export const ESTIMATE_FIELDS = Object.freeze({
  bytesPerToken: Type.Number({
    minimum: 1,
    maximum: 16,
    default: 3,
    description: 'Bytes of text that make a token of input. With 1 a hold is never too small.'
  }),
  imageTokens: Type.Integer({ minimum: 0, maximum: 1_000_000, default: 1_600, description: 'Tokens of an image.' }),
  outputTokens: Type.Integer({
    minimum: 0,
    maximum: 10_000_000,
    default: 4_096,
    description: 'Tokens of output that are held where a request bounds them by nothing.'
  })
})
