/**
 * Which peer a key belongs to: weighted rendezvous hashing (Thaler and
 * Ravishankar, "Using Name-Based Mappings to Increase Hit Rates", 1998) with
 * bounded loads (Mirrokni, Thorup and Zadimoghaddam, "Consistent Hashing with
 * Bounded Loads", 2018). When a peer leaves, only its own keys move, each to the
 * peer that comes second for it. Pure.
 */

/** What a choice looks at. */
export interface Candidate {
  readonly id: string
  /** 0 or more. */
  readonly weight: number
  /** Tries under way. */
  readonly inFlight: number
}

/** FNV-1a in 32 bits over UTF-16 code units. Not for secrets, and not against who wants collisions: all they get is one peer. */
export function hashText(text: string): number {
  let hash = 0x811c9dc5
  for (let index = 0; index < text.length; index++) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
  }
  return hash >>> 0
}

/** The same over bytes, from `start` up to but not including `end`. */
export function hashBytes(bytes: Uint8Array, start: number, end: number): number {
  let hash = 0x811c9dc5
  for (let index = start; index < end; index++) {
    hash = Math.imul(hash ^ (bytes[index] ?? 0), 0x01000193)
  }
  return hash >>> 0
}

/**
 * How much a key wants a peer: the highest has it. The logarithm makes the draw exponential, so that a peer of twice
 * the weight gets twice the keys.
 */
export function wish(keyHash: number, peerHash: number, weight: number): number {
  const drawn = (mix(keyHash ^ peerHash) + 0.5) / 2 ** 32
  return -weight / Math.log(drawn)
}

/**
 * The peer that a key belongs to, among those that have no more than their share.
 * @param factor a peer may have so many times its share of all tries under way, this one included; 0 for any number.
 * @param hashOf the hash of a peer's id.
 * @returns undefined for an empty list.
 */
export function ownerOf<Peer extends Candidate>(
  peers: readonly Peer[],
  keyHash: number,
  factor: number,
  hashOf: (peer: Peer) => number
): Peer | undefined {
  let totalWeight = 0
  let totalInFlight = 1
  for (const { weight, inFlight } of peers) {
    totalWeight += weight
    totalInFlight += inFlight
  }
  const equal = totalWeight === 0
  if (equal) totalWeight = peers.length
  let best: Peer | undefined
  let bestWish = Number.NEGATIVE_INFINITY
  for (const peer of peers) {
    const weight = equal ? 1 : peer.weight
    if (weight === 0) continue
    if (factor > 0 && peer.inFlight >= boundOf(weight / totalWeight, totalInFlight, factor)) continue
    const its = wish(keyHash, hashOf(peer), weight)
    if (its <= bestWish) continue
    best = peer
    bestWish = its
  }
  return best
}

/** How many tries a peer with this share may have under way. */
export function boundOf(share: number, totalInFlight: number, factor: number): number {
  return Math.ceil(factor * totalInFlight * share)
}

/** The finalizer of MurmurHash3: each bit of the input changes half of those of the output. */
function mix(value: number): number {
  let hash = value
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}
