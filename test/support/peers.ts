/** Upstream servers with a pipeline in front of them, for tests of what becomes of a request between the two. */

import { startServer, type TestServer } from './exchanges.ts'
import { planOf, type RouteGiven, type UpstreamGiven, upstreamAt } from './plans.ts'
import { type Handler, startUpstream, type Teardown, type TestUpstream } from './upstream.ts'

/** Starts an upstream server for each handler; one without a handler waits for the test. */
export function servers(t: Teardown, ...handlers: readonly (Handler | undefined)[]): Promise<readonly TestUpstream[]> {
  return Promise.all(handlers.map(handler => startUpstream(t, handler)))
}

/** Starts a server whose one upstream has these peers. */
export function startWith(
  t: Teardown,
  peers: readonly TestUpstream[],
  given: UpstreamGiven = {},
  route: RouteGiven = {}
): Promise<TestServer> {
  return startServer(t, clock => {
    const urls = peers.map(({ url }) => url)
    return planOf([{ upstream: upstreamAt(clock, urls, given) }], route)
  })
}

/** Answers with this. */
export function says(status: number, body = ''): Handler {
  return exchange => exchange.answer(status, {}, body)
}

/** Headers of a stream of events. */
export const SSE = { 'content-type': 'text/event-stream' }

/** Sends these pieces of a stream one by one, then ends or breaks it. */
export function streams(pieces: readonly string[], ending: 'end' | 'cut' | 'reset' = 'end'): Handler {
  return async exchange => {
    exchange.head(200, SSE)
    for (const piece of pieces) await exchange.write(piece)
    exchange[ending]()
  }
}
