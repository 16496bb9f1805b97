import t from 'tap'
import { rerouted } from '../../../core/cli/rerouted.ts'
import { loadForDryRun, TWO_UPSTREAMS } from '../../support/dry.ts'

/** Routes by their ids, each to the same place. */
function routesOf(matches: Readonly<Record<string, object>>) {
  const routes = Object.entries(matches).map(([id, match]) => ({ id, match, upstream: 'chat' }))
  return loadForDryRun({ ...TWO_UPSTREAMS, routes })
}

t.test('finds requests that a new route takes from a wider one', async t => {
  const before = await routesOf({ all: { path: '/*' } })
  const after = await routesOf({ all: { path: '/*' }, chat: { path: '/v1/chat', method: ['POST', 'GET'] } })
  t.strictSame(rerouted(before, after), [
    { host: '*', method: 'POST', path: '/v1/chat', before: 'all', after: 'chat' },
    { host: '*', method: 'GET', path: '/v1/chat', before: 'all', after: 'chat' }
  ])
})

t.test('finds requests that nothing serves any more', async t => {
  const before = await routesOf({ one: { path: '/a/*', host: '*.example.com' }, two: { path: '/b' } })
  const after = await routesOf({ two: { path: '/b' } })
  t.strictSame(rerouted(before, after), [
    { host: '*.example.com', method: '*', path: '/a/*', before: 'one', after: undefined }
  ])
})

t.test('finds nothing where routes only stand in another order', async t => {
  const matches = { wide: { path: '/v1/*' }, exact: { path: '/v1/chat' } }
  const before = await routesOf(matches)
  t.strictSame(rerouted(before, await routesOf({ exact: matches.exact, wide: matches.wide })), [])
})
