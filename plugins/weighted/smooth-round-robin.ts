/**
 * Smooth weighted round robin as nginx does it
 * (src/http/ngx_http_upstream_round_robin.c, `ngx_http_upstream_get_peer`).
 * At each pick every peer gains its weight; the one that has gained most is
 * picked, and pays the sum of all weights. Weights 5, 1, 1 give a a b a c a a
 * rather than a a a a a b c. Pure: knows nothing of health, tries or exchanges.
 */

/** What the algorithm looks at. */
export interface Weighted {
  readonly id: string
  /** Whole number, 0 or more. */
  readonly weight: number
}

/** What is remembered of one peer from pick to pick. */
interface Standing {
  current: number
}

/** Standings are kept for peers that are away for a while; beyond this many more than are present, they are dropped. */
const SPARE_STANDINGS = 64

/**
 * Picks in turn, in proportion to weights. Over every run of as many picks as
 * the weights add up to, each of a fixed list of peers is picked exactly as
 * often as its weight says.
 */
export class SmoothRoundRobin {
  readonly #standings = new Map<string, Standing>()

  /**
   * The next of `peers`. A peer that is left out this time keeps its standing for the next. Weight 0 is never
   * picked while another weight is there; when all are 0, they take equal turns. Ties go to the earlier.
   * @returns undefined for an empty list.
   */
  pick<Peer extends Weighted>(peers: readonly Peer[]): Peer | undefined {
    let total = 0
    for (const peer of peers) total += peer.weight
    const equal = total === 0
    if (equal) total = peers.length

    let best: Peer | undefined
    let bestStanding: Standing | undefined
    for (const peer of peers) {
      const gain = equal ? 1 : peer.weight
      if (gain === 0) continue
      const standing = this.#remembered(peer.id)
      standing.current += gain
      if (bestStanding !== undefined && standing.current <= bestStanding.current) continue
      best = peer
      bestStanding = standing
    }
    if (bestStanding !== undefined) bestStanding.current -= total
    if (this.#standings.size > 2 * peers.length + SPARE_STANDINGS) this.#forgetAllBut(peers)
    return best
  }

  /** What a peer has gained and not paid for: the highest has the next turn. 0 for one that was never listed. */
  standingOf(id: string): number {
    return this.#standings.get(id)?.current ?? 0
  }

  /** How many peers are remembered: at most twice those of the last list, and a few. */
  get size(): number {
    return this.#standings.size
  }

  #remembered(id: string): Standing {
    const known = this.#standings.get(id)
    if (known !== undefined) return known
    const standing: Standing = { current: 0 }
    this.#standings.set(id, standing)
    return standing
  }

  #forgetAllBut(peers: readonly Weighted[]): void {
    const present = new Set(peers.map(peer => peer.id))
    for (const id of this.#standings.keys()) {
      if (!present.has(id)) this.#standings.delete(id)
    }
  }
}
