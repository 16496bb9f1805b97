/**
 * Which tier of peers a try goes to, as Envoy's priority levels have it: each
 * tier takes as much of the load as its peers in use can carry, and what is left
 * spills over to the next. Pure: chance is handed in.
 */

/** What is looked at of a peer. */
export interface Tiered {
  /** Whole number, 0 or more; the lowest goes first. */
  readonly priority: number
  /** 0 or more. */
  readonly weight: number
  /** Tries under way. */
  readonly inFlight: number
}

/** Peers of one tier that may get this try, and how much of the load it can carry. */
export interface Tier<Peer> {
  readonly priority: number
  readonly peers: readonly Peer[]
  /** Weight in use ÷ weight of the tier, at most 1: what the tier has of its full strength. */
  readonly strength: number
}

/**
 * The tiers that have a peer for this try, the lowest first.
 * @param offered peers that are in use, and untried.
 * @param all peers of the upstream, in or out of use.
 * @param maxInFlight a peer with so many tries under way counts as out of use; infinite for any number.
 */
export function tiersOf<Peer extends Tiered>(
  offered: readonly Peer[],
  all: readonly Tiered[],
  maxInFlight: number
): readonly Tier<Peer>[] {
  const free = offered.filter(({ inFlight }) => inFlight < maxInFlight)
  const priorities = [...new Set(free.map(({ priority }) => priority))].sort((one, other) => one - other)
  return priorities.map(priority => {
    const peers = free.filter(peer => peer.priority === priority)
    const whole = all.filter(peer => peer.priority === priority)
    const total = weightOf(whole)
    const strength = total === 0 ? peers.length / Math.max(1, whole.length) : weightOf(peers) / total
    return { priority, peers, strength: Math.min(1, strength) }
  })
}

/**
 * Draws a tier. Each can carry `strength × overprovisioning` of the load, at most all of it; the first takes what it can,
 * the next of what is left, and where all together cannot carry everything, each takes its part in proportion.
 * @param overprovisioning 1 and above: how much more than its share a peer can carry while others are out of use.
 * @param random uniform in [0, 1).
 * @returns the index of the tier; -1 for none at all.
 */
export function drawTier(strengths: readonly number[], overprovisioning: number, random: number): number {
  let left = 1
  const loads = strengths.map(strength => {
    const load = Math.min(left, strength * overprovisioning)
    left -= load
    return load
  })
  const carried = loads.reduce((sum, load) => sum + load, 0)
  // Where nobody has any weight, nobody is better than the first.
  if (carried === 0) return loads.length === 0 ? -1 : 0
  let at = random * carried
  let drawn = 0
  for (const [index, load] of loads.entries()) {
    if (load === 0) continue
    drawn = index
    at -= load
    if (at < 0) break
  }
  return drawn
}

function weightOf(peers: readonly Tiered[]): number {
  return peers.reduce((sum, { weight }) => sum + weight, 0)
}
