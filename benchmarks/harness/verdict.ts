/** Whether a change made a difference. Pure. */
import { isUnsteady, type Spread } from './statistics.ts'

/** How much dearer than the baseline a change may make a request, as a ratio. Noise of two at once stays well below. */
export const DEARER_ABOVE = 1.2

/** Whether a ratio of now to the baseline is beyond what a change may cost. */
export function isTooDear(ratio: Spread): boolean {
  return !(ratio.median <= DEARER_ABOVE)
}

/**
 * Says in words what a ratio of after to before means, given the ratio of the same thing to itself.
 * A difference counts when the median is off by more than any round of the noise was, and every round agrees on its side.
 */
export function verdict(ratio: Spread, noise: Spread): string {
  if (isUnsteady(ratio) || isUnsteady(noise)) return 'too noisy to say'
  const uncertainty = Math.max(Math.abs(noise.high - 1), Math.abs(noise.low - 1))
  if (ratio.median > 1 + uncertainty && ratio.low > 1) return 'dearer'
  if (ratio.median < 1 - uncertainty && ratio.high < 1) return 'cheaper'
  return 'no difference beyond noise'
}
