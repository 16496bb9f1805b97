/** What is remembered of the peers of one upstream, by their ids. Bounded; knows nothing of how peers are chosen. */
import { PeakEwma } from './ewma.ts'

/** What is remembered of one peer. */
export interface Entry {
  readonly latency: PeakEwma
  /** Tries in a row, up to the latest, that said nothing of how the peer does. */
  unclearInRow: number
  /** Number of its latest turn; 0 for none. */
  turn: number
}

/** Entries are kept for peers that are away for a while; beyond this many more than are present, they are dropped. */
const SPARE_ENTRIES = 64

/** Latencies and turns of peers. A peer that was never heard of has no latency and no turn. */
export class Memory {
  readonly #entries = new Map<string, Entry>()
  readonly #decayMs: number
  #turn = 0

  /** @param decayMs as {@link PeakEwma} takes it. */
  constructor(decayMs: number) {
    this.#decayMs = decayMs
  }

  /** What is remembered of the peer `id`; made when it is new. */
  of(id: string): Entry {
    const known = this.#entries.get(id)
    if (known !== undefined) return known
    const entry: Entry = { latency: new PeakEwma(this.#decayMs), unclearInRow: 0, turn: 0 }
    this.#entries.set(id, entry)
    return entry
  }

  /** Notes that `id`, one of `peers`, has its turn. */
  noteTurn(id: string, peers: readonly { readonly id: string }[]): void {
    this.of(id).turn = ++this.#turn
    if (this.#entries.size > 2 * peers.length + SPARE_ENTRIES) this.#forgetAllBut(peers)
  }

  /** Of `peers` the one whose last turn is longest ago; weight 0 only when there is no other. */
  longestWaiting<Peer extends { readonly id: string; readonly weight: number }>(
    peers: readonly Peer[]
  ): Peer | undefined {
    let best: Peer | undefined
    let bestTurn = Number.POSITIVE_INFINITY
    for (const peer of peers) {
      const had = this.of(peer.id).turn
      // Later than any turn that was ever had: behind all peers with a weight.
      const turn = peer.weight === 0 ? this.#turn + 1 + had : had
      if (turn >= bestTurn) continue
      best = peer
      bestTurn = turn
    }
    return best
  }

  /** Everything that is remembered, by the ids of the peers. */
  entries(): Iterable<readonly [id: string, entry: Entry]> {
    return this.#entries
  }

  /** How many peers are remembered: at most twice those of the last list, and a few. */
  get size(): number {
    return this.#entries.size
  }

  #forgetAllBut(peers: readonly { readonly id: string }[]): void {
    const present = new Set(peers.map(peer => peer.id))
    for (const id of this.#entries.keys()) {
      if (!present.has(id)) this.#entries.delete(id)
    }
  }
}
