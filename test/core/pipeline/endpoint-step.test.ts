import t from 'tap'
import { ServedEndpoints } from '../../../core/endpoints/served.ts'
import { endpointStep } from '../../../core/pipeline/endpoint-step.ts'
import { CONSUMER, type EndpointCall, Type } from '../../../core/plugin.ts'
import { send } from '../../support/client.ts'
import { startServer } from '../../support/exchanges.ts'
import { planOf, stepOf } from '../../support/plans.ts'
import type { Teardown } from '../../support/upstream.ts'
import { served } from '../endpoints/support.ts'

const ADA = { id: 'ada', group: undefined, labels: {} }

/** A route that serves an endpoint below `/account`, for whoever `known` says. */
async function start(t: Teardown, handle: (call: EndpointCall) => unknown, known = true) {
  const failed: unknown[] = []
  const endpoint = served(
    {
      listener: 'public',
      role: 'consumer',
      method: 'POST',
      path: '/own/{day}',
      request: Type.Object({ limit: Type.Integer() })
    },
    handle
  )
  const endpoints = new ServedEndpoints([{ ...endpoint, path: '/account/own/{day}' }])
  const auth = stepOf('auth', { requestFilter: exchange => (known ? exchange.set(CONSUMER, ADA) : undefined) })
  const step = endpointStep(endpoints, (instance, error) => failed.push([instance, error]))
  const server = await startServer(t, () => planOf([], { steps: [auth, step] }))
  const ask = async (path: string, body = '{"limit":1}', method = 'POST') => {
    const headers = { 'content-type': 'application/json' }
    const answer = await send({ url: `${server.url}${path}`, method, headers, ...(method === 'POST' && { body }) })
    const { end, reason } = await server.end()
    return { status: answer.status, headers: answer.headers, body: answer.body.toString(), end: end.reason, reason }
  }
  return { ask, failed }
}

t.test('answers a consumer behind the plugins of the route', async t => {
  const calls: EndpointCall[] = []
  const { ask } = await start(t, call => {
    calls.push(call)
    return { said: 'hello' }
  })
  t.match(await ask('/account/own/monday'), {
    status: 200,
    headers: { 'content-type': 'application/json', 'cache-control': 'no-store' },
    body: '{"said":"hello"}',
    end: 'complete'
  })
  t.strictSame(calls, [
    { actor: 'ada', role: 'consumer', consumer: ADA, input: { limit: 1 }, params: { day: 'monday' } }
  ])
})

t.test('refuses whoever is not known, before anything is read', async t => {
  const { ask } = await start(t, () => t.fail('was asked'), false)
  t.match(await ask('/account/own/monday', 'canary'), { status: 401, end: 'refused', reason: 'consumer_missing' })
})

t.test('refuses what the endpoint does not take, and what is not there', async t => {
  const { ask } = await start(t, () => t.fail('was asked'))
  t.match(await ask('/account/own/monday', '{"limit":"1"}'), { status: 400, reason: 'invalid_request' })
  t.match(await ask('/account/own/monday?x=1'), { status: 400, reason: 'invalid_request' })
  t.match(await ask('/account/own'), { status: 404, reason: 'route_not_found' })
  t.match(await ask('/account/own/monday', '', 'GET'), {
    status: 405,
    reason: 'method_not_allowed',
    headers: { allow: 'POST' }
  })
})

t.test('what an endpoint throws, or does not declare, is told and not shown', async t => {
  const { ask, failed } = await start(t, () => ({ said: 'x', secret: 'canary' }))
  const answer = await ask('/account/own/monday')
  t.match(answer, { status: 500, reason: 'endpoint_failed' })
  t.notMatch(answer.body, 'canary')
  t.match(failed, [['things', { code: 'TACIT_ENDPOINT_ANSWER' }]])
})
