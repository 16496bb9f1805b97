/**
 * A gateway that has met a bit of everything: answers, refusals, failures of
 * peers and of a plugin; and what its metrics then say.
 */
import { send } from './client.ts'
import { routeOf, startTestGateway, upstreamOf } from './gateway.ts'
import { type ParsedMetric, parsePrometheus } from './prometheus.ts'
import { startUpstream, type Teardown } from './upstream.ts'

/** Throws where it is told to. */
const THROWING = `
import { definePlugin, Type } from 'tacit-gateway/plugin'
export default definePlugin({
  contract: 1, name: 'throwing', summary: 'Throws.', config: Type.Object({}), data: { reads: ['metadata'] },
  reasons: { no: { status: 403, message: 'No.', retryable: false } },
  setup: (_config, host) => ({
    requestFilter (exchange, request) {
      if (request.target === '/throw') throw new TypeError('told to')
      if (request.target === '/refuse') return host.refuse('no')
    }
  })
})`

/** The metrics of a gateway that has met a bit of everything, by name. */
export async function busyMetrics(t: Teardown): Promise<ReadonlyMap<string, ParsedMetric>> {
  const upstream = await startUpstream(t, exchange => exchange.answer(200, {}, 'hello'))
  const gateway = await startTestGateway(
    t,
    {
      upstreams: [upstreamOf([upstream.url]), { ...upstreamOf(['http://127.0.0.1:1']), id: 'away' }],
      routes: [
        routeOf({ plugins: [{ use: './throwing.ts' }] }),
        routeOf({ id: 'away', match: { path: '/away' }, upstream: 'away' }),
        routeOf({ id: 'posted', match: { method: 'POST', path: '/posted' } })
      ]
    },
    { files: { 'throwing.ts': THROWING } }
  )
  for (const path of ['/x', '/refuse', '/throw', '/away', '/posted']) {
    await send({ url: `${gateway.url}${path}`, method: path === '/posted' ? 'POST' : 'GET' })
  }
  await send({ url: `${gateway.url}/x`, headers: { 'transfer-encoding': 'gzip' } }).catch(() => {})
  const { body } = await send({ url: `${gateway.adminUrl}/metrics` })
  return parsePrometheus(body.toString())
}

/** Names of the labels of a metric; those of histograms' buckets left out. */
export function labelsOf({ samples }: ParsedMetric): ReadonlySet<string> {
  const names = [...samples.keys()].flatMap(key =>
    [...key.matchAll(/[{,]([a-z_][a-z0-9_]*)="/g)].map(([, name = '']) => name)
  )
  return new Set(names.filter(name => name !== 'le'))
}
