/** Exchanges under way, counted and told apart. Shows no path, no consumer and nothing that was said. */
import { LiveExchange } from '../pipeline/exchange.ts'
import type { Exchange } from '../plugin.ts'

/** How many exchanges are under way, and how many of them are streams whose first event was there. */
export interface InFlight {
  inFlight: number
  streams: number
}

/** Counts what is under way, as a whole and by route. */
export function countLive(live: Iterable<Exchange>): {
  readonly total: InFlight
  readonly byRoute: ReadonlyMap<string, InFlight>
} {
  const total = { inFlight: 0, streams: 0 }
  const byRoute = new Map<string, InFlight>()
  for (const exchange of live) {
    const counts = byRoute.get(exchange.route) ?? { inFlight: 0, streams: 0 }
    byRoute.set(exchange.route, counts)
    const streams = isStream(exchange) ? 1 : 0
    total.inFlight++
    counts.inFlight++
    total.streams += streams
    counts.streams += streams
  }
  return { total, byRoute }
}

/** Whether the answer is a stream of events. */
export function isStream(exchange: Exchange): boolean {
  return exchange instanceof LiveExchange && exchange.reply?.body.isEventStream === true
}
