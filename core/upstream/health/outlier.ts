/**
 * Finds peers that do not do their work by what they answer: Envoy's outlier
 * detection. Says who should be left out and why; whether that may be, and for
 * how long, others decide. Pure but for the counts in the standings it is given.
 */
import type { OutlierConfiguration } from '../../configuration/health-schema.ts'
import { successRateThreshold } from './arithmetic.ts'
import type { Standing, StandingReason } from './standing.ts'
import type { Verdict } from './verdict.ts'

/** Counts one try at a peer. @returns why it should be left out at once, if it should. */
export function countTry(
  standing: Standing,
  verdict: Verdict,
  { consecutive5xx, consecutiveGatewayFailure }: OutlierConfiguration
): StandingReason | undefined {
  switch (verdict) {
    case 'ok':
      standing.successes++
      standing.consecutive5xx = 0
      standing.consecutiveGatewayFailure = 0
      return undefined
    case 'failed':
      standing.failures++
      standing.consecutiveGatewayFailure = 0
      return reaches(++standing.consecutive5xx, consecutive5xx) ? 'consecutive_5xx' : undefined
    case 'gateway_failed': {
      standing.failures++
      const isGateway = reaches(++standing.consecutiveGatewayFailure, consecutiveGatewayFailure)
      const is5xx = reaches(++standing.consecutive5xx, consecutive5xx)
      return isGateway ? 'consecutive_gateway_failure' : is5xx ? 'consecutive_5xx' : undefined
    }
    default:
      return undefined
  }
}

/**
 * Judges the rates of an interval that is over, of the peers that are in use.
 * @returns who should be left out and why, the worst first, so that the worst go where not all may.
 */
export function judgeRates(
  standings: readonly Standing[],
  { successRate, failurePercentage }: OutlierConfiguration
): readonly (readonly [standing: Standing, reason: StandingReason])[] {
  const found = new Map<Standing, StandingReason>()
  if (successRate !== undefined) {
    const { minimumHosts, requestVolume, stdevFactor } = successRate
    const judged = standings.filter(standing => volumeOf(standing) >= requestVolume)
    if (judged.length >= minimumHosts) {
      const threshold = successRateThreshold(judged.map(rateOf), stdevFactor)
      for (const standing of judged) if (rateOf(standing) < threshold) found.set(standing, 'success_rate')
    }
  }
  if (failurePercentage !== undefined) {
    const { minimumHosts, requestVolume, threshold } = failurePercentage
    const judged = standings.filter(standing => volumeOf(standing) >= requestVolume)
    if (judged.length >= minimumHosts) {
      for (const standing of judged) {
        if (standing.failures / volumeOf(standing) >= threshold && !found.has(standing))
          found.set(standing, 'failure_percentage')
      }
    }
  }
  return [...found].sort(([one], [other]) => rateOf(one) - rateOf(other))
}

/** 0 stands for never. Beyond the limit still counts: a peer that could not be left out when it was reached may be later. */
function reaches(count: number, limit: number): boolean {
  return limit > 0 && count >= limit
}

function volumeOf({ successes, failures }: Standing): number {
  return successes + failures
}

function rateOf(standing: Standing): number {
  return standing.successes / volumeOf(standing)
}
