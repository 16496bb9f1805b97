/** Says why a peer was chosen and the others were not, for whoever reads decisions. Chooses nothing. */
import type { Exchange, Peer } from 'tacit-gateway/plugin'

/** What came of a draw. Costs are expected times in ms, as the choice compared them. */
export interface Draw {
  readonly first: Peer
  /** Undefined where there was only one to draw. */
  readonly second: Peer | undefined
  readonly chosen: Peer
  readonly firstMs: number
  readonly secondMs: number
}

/** Notes a choice between two peers that were drawn. */
export function explainDraw(exchange: Exchange, peers: readonly Peer[], draw: Draw): void {
  const { first, second, chosen, firstMs, secondMs } = draw
  const over = chosen === first ? second : first
  if (over === undefined) exchange.decide('peer', { peer: chosen.id, why: 'no other could be drawn' })
  else {
    const [chosenMs, overMs] = chosen === first ? [firstMs, secondMs] : [secondMs, firstMs]
    exchange.decide('peer', { peer: chosen.id, why: 'the cheaper of two drawn by weight', costMs: chosenMs })
    const why = chosen === first ? 'drawn, and not clearly cheaper' : 'drawn, and it would take longer'
    exchange.decide('not_chosen', { peer: over.id, why, costMs: overMs })
  }
  for (const { id, weight } of peers) {
    if (id === chosen.id || id === over?.id) continue
    const why = weight === 0 ? 'its weight is 0, and another peer is there' : 'not among the two that were drawn'
    exchange.decide('not_chosen', { peer: id, why, weight })
  }
}

/** Notes that a try goes to the peer that has waited longest, whatever it costs. */
export function explainProbe(exchange: Exchange, peers: readonly Peer[], chosen: Peer | undefined): void {
  if (chosen !== undefined) exchange.decide('peer', { peer: chosen.id, why: 'a probe: tried longest ago' })
  for (const { id } of peers) {
    if (id !== chosen?.id) exchange.decide('not_chosen', { peer: id, why: 'this try is a probe of another' })
  }
}
