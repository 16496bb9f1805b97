/** Peers for tests of balancers: what a balancer sees of one, with the members that a test is about. */
import type { Peer } from '../../core/plugin.ts'

/** A peer called `id`. What is not given is usual. */
export function peer(id: string, given: Partial<Omit<Peer, 'id'>> = {}): Peer {
  return { id, origin: new URL(`http://${id}.test`), weight: 1, priority: 0, labels: {}, inFlight: 0, ...given }
}

/** How often each of `ids` is among `chosen`. */
export function countsOf(ids: readonly string[], chosen: readonly (Peer | undefined)[]): readonly number[] {
  return ids.map(id => chosen.filter(one => one?.id === id).length)
}
