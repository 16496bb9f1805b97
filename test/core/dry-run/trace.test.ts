import t from 'tap'
import { explain } from '../../../core/dry-run/explain.ts'
import type { ExplainedCall } from '../../../core/dry-run/explanation.ts'
import type { PluginDefinition } from '../../../core/plugin.ts'
import { loadForDryRun, pluginOf, TWO_UPSTREAMS } from '../../support/dry.ts'

/** What one plugin on the route is seen to do. */
async function seen(given: Partial<PluginDefinition>): Promise<readonly ExplainedCall[]> {
  const loaded = await loadForDryRun({ ...TWO_UPSTREAMS, plugins: [{ use: 'own' }] }, [
    pluginOf('own', { reasons: { no: { status: 403, message: 'No.', retryable: false } }, ...given })
  ])
  const request = { method: 'POST', target: '/x', body: '{"a":1}' }
  const { calls } = await explain(loaded, request, { at: 0 })
  return calls.filter(({ plugin }) => plugin === 'own')
}

const CALL = { plugin: 'own', attempt: undefined, reason: undefined, decisions: [], changed: [] }

t.test('sees refusals and answers, at once and after a wait', async t => {
  t.strictSame(await seen({ setup: (_config, host) => ({ requestFilter: () => host.refuse('no') }) }), [
    { ...CALL, phase: 'requestFilter', outcome: 'refused', reason: 'no' }
  ])
  t.strictSame(await seen({ setup: (_config, host) => ({ requestFilter: async () => host.refuse('no') }) }), [
    { ...CALL, phase: 'requestFilter', outcome: 'refused', reason: 'no' }
  ])
  t.strictSame(await seen({ setup: () => ({ requestFilter: () => ({ status: 204, headers: {} }) }) }), [
    { ...CALL, phase: 'requestFilter', outcome: 'answered' }
  ])
})

t.test('sees a phase that throws, and repeats nothing of what it says', async t => {
  const fault = () => {
    throw new TypeError('what the client wrote')
  }
  t.strictSame(await seen({ setup: () => ({ requestFilter: fault }) }), [
    { ...CALL, phase: 'requestFilter', outcome: 'failed', reason: 'TypeError' }
  ])
  const late = async () => fault()
  t.match(await seen({ setup: () => ({ requestFilter: late }) }), [{ outcome: 'failed', reason: 'TypeError' }])
})

t.test('sees every phase, what each decides and what each changes', async t => {
  const calls = await seen({
    setup: () => ({
      requestFilter(exchange, request) {
        exchange.decide('early', { count: 1 })
        request.body.replace('{}')
      },
      upstreamRequestFilter(_exchange, request) {
        request.method = 'PUT'
        request.target = '/y'
        request.headers.set('x-new', '1')
        request.headers.delete('x-forwarded-for')
        request.headers.append('via', '1.1 other')
      },
      upstreamResult(exchange) {
        exchange.decide('result', {})
      },
      responseFilter(_exchange, response) {
        response.status = 202
        response.body.transformWhole(body => body)
        response.body.observe({ end: () => {} }, 'client')
      },
      finish() {},
      logging() {}
    })
  })
  t.strictSame(
    calls.map(({ phase, attempt, decisions, changed }) => [phase, attempt, decisions.map(({ name }) => name), changed]),
    [
      ['requestFilter', undefined, ['early'], ['body']],
      ['upstreamRequestFilter', 1, [], ['method', 'target', '-x-forwarded-for', '~via', '+x-new']],
      ['upstreamResult', 1, ['result'], []],
      ['responseFilter', undefined, [], ['status', 'body (transformed)', 'body (observed)']],
      ['finish', undefined, [], []],
      ['logging', undefined, [], []]
    ]
  )
})

t.test('leaves it to the gateway to judge phases that do not exist', async t => {
  const misspelt: object = { requestFlter() {} }
  await t.rejects(seen({ setup: () => misspelt }), { code: 'TACIT_PLUGIN_PHASES' })
})
