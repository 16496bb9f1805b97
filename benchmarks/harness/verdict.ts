/** Whether a change made a difference. Pure. */
import { isUnsteady, type Spread } from './statistics.ts'

/** How much dearer than the baseline a change may make a request, as a ratio. Noise of two at once stays well below. */
export const DEARER_ABOVE = 1.2

/** A ratio of the same thing to itself may be so far from 1 before it says that the machine cannot compare. */
const NOISY_BEYOND = 0.1

/** Whether a ratio of now to the baseline is beyond what a change may cost. Two that cannot be divided are not. */
export function isTooDear(ratio: Spread): boolean {
  return ratio.median > DEARER_ABOVE
}

/** Whether a machine that gives this ratio of a thing to itself can tell any two things apart. */
export function isNoisy(noise: Spread): boolean {
  return isUnsteady(noise) || Math.abs(noise.median - 1) > NOISY_BEYOND
}

/** What a guard says of a ratio that was too high at the first look, after a second one beside the noise. */
export function judge(second: Spread, noise: Spread): 'too dear' | 'too noisy' | 'fine' {
  if (!isTooDear(second)) return 'fine'
  return isNoisy(noise) || isUnsteady(second) ? 'too noisy' : 'too dear'
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
