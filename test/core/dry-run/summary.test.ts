import t from 'tap'
import { explain } from '../../../core/dry-run/explain.ts'
import { MODEL } from '../../../core/plugin.ts'
import { loadForDryRun, pluginOf, TWO_UPSTREAMS } from '../../support/dry.ts'

const GET = { method: 'GET', target: '/x' }

t.test('tells what plugins have found out', async t => {
  const finder = pluginOf('finder', {
    setup: () => ({
      requestFilter(exchange) {
        exchange.set(MODEL, 'm-1')
      }
    })
  })
  const loaded = await loadForDryRun({ ...TWO_UPSTREAMS, plugins: [{ use: 'finder' }] }, [finder])
  t.match(await explain(loaded, GET, { at: 0 }), { model: 'm-1', consumer: undefined })
})

t.test('says of a target that it failed, and of those behind it that it was not their turn', async t => {
  const router = pluginOf('router', {
    setup: (_config, host) => {
      const targets = [{ upstream: host.upstream('chat'), on: [429] }, { upstream: host.upstream('spare') }]
      return { requestFilter: exchange => exchange.routeTo(targets) }
    }
  })
  const loaded = await loadForDryRun(
    { ...TWO_UPSTREAMS, routes: [{ id: 'r', match: { path: '/*' }, plugins: [{ use: 'router' }] }] },
    [router]
  )
  const targets = async (status: number) =>
    (await explain(loaded, GET, { at: 0, answers: { '*': { outcome: 'answers', status } } })).targets.map(
      ({ why }) => why
    )
  t.strictSame(await targets(200), ['the first choice, and it answered', 'one before it answered'])
  t.strictSame(await targets(429), ['failed in 1 try', 'those before it failed'])
  const { targets: none } = await explain(loaded, GET, { at: 0, answers: { '*': { outcome: 'reset' } } })
  t.strictSame(
    none.map(({ why, chosen }) => [why, chosen]),
    [
      ['failed in 1 try', false],
      ['it was never its turn', false]
    ]
  )
})

t.test('says so when a balancer does not tell why it passed over a peer', async t => {
  const silent = pluginOf('silent', { setup: () => ({ upstreamPeer: (_exchange, peers) => peers[0] }) })
  const [chat] = TWO_UPSTREAMS.upstreams
  const loaded = await loadForDryRun({ ...TWO_UPSTREAMS, upstreams: [{ ...chat, balancer: { use: 'silent' } }] }, [
    silent
  ])
  const { attempts } = await explain(loaded, GET, { at: 0 })
  t.strictSame(attempts[0]?.others, [{ peer: 'us', why: 'the balancer does not say', facts: {} }])
})

t.test('shows no header of the connection or of the moment, and a fixed word for the id of the request', async t => {
  const { response, attempts } = await explain(await loadForDryRun(TWO_UPSTREAMS), GET, { at: 0 })
  t.strictSame(
    response.headers.map(([name]) => name),
    [
      'content-type',
      'content-length',
      'x-tacit-request-id',
      'x-tacit-upstream',
      'x-tacit-attempts',
      'x-tacit-overhead-ms',
      'via'
    ]
  )
  t.equal(new Map(response.headers).get('x-tacit-request-id'), '[request id]')
  t.equal(new Map(attempts[0]?.request?.headers).get('x-tacit-request-id'), '[request id]')
})
