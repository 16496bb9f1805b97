import t from 'tap'
import { callEndpoint, type EndpointRequest } from '../../../core/endpoints/call.ts'
import type { ServedEndpoint } from '../../../core/endpoints/served.ts'
import { Refused } from '../../../core/errors.ts'
import { opaqueRefusal } from '../../../core/opaque.ts'
import { type EndpointCall, Type } from '../../../core/plugin.ts'
import { served } from './support.ts'

const REQUEST: EndpointRequest = {
  actor: 'ada',
  role: 'operator',
  consumer: undefined,
  params: {},
  query: '',
  contentType: undefined,
  accept: undefined,
  body: undefined
}
const NO = new Refused('not_today', { status: 409, message: 'Not today.', retryable: false })

/** Status and reason, or status and body. */
async function ask(endpoint: ServedEndpoint, given: Partial<EndpointRequest> = {}) {
  const outcome = await callEndpoint(endpoint, { ...REQUEST, ...given })
  return outcome.kind === 'answered' ? [outcome.status, outcome.body] : [outcome.refused.status, outcome.refused.reason]
}

t.test('hands over what was read, and as whom it is asked', async t => {
  const calls: EndpointCall[] = []
  const handle = (call: EndpointCall) => {
    calls.push(call)
    return { said: 'yes' }
  }
  const request = Type.Object({ limit: Type.Integer({ default: 2 }) })
  const body = Buffer.from('{"limit":5}')
  const contentType = 'application/json; charset=utf-8'
  t.strictSame(await ask(served({ request }, handle), { query: 'limit=7' }), [200, '{"said":"yes"}'])
  t.strictSame(await ask(served({ request, method: 'POST', status: 201 }, handle), { body, contentType }), [
    201,
    '{"said":"yes"}'
  ])
  t.strictSame(await ask(served({ path: '/{id}' }, handle), { params: { id: 'x' } }), [200, '{"said":"yes"}'])
  t.match(calls, [
    { actor: 'ada', role: 'operator', input: { limit: 7 }, params: {} },
    { input: { limit: 5 } },
    { input: {}, params: { id: 'x' } }
  ])
})

t.test('nothing reaches the plugin that does not fit', async t => {
  const handle = () => t.fail('was asked')
  const request = Type.Object({ limit: Type.Integer() })
  const json = { contentType: 'application/json' }
  const cases: readonly [Partial<ServedEndpoint['endpoint']>, Partial<EndpointRequest>, number, string][] = [
    [{ request }, { query: 'limit=x' }, 400, 'invalid_request'],
    [{ request }, { query: 'limit=1', body: Buffer.from('{}x') }, 400, 'invalid_request'],
    [{ request, method: 'POST' }, { body: Buffer.from('{"limit":1}') }, 415, 'unsupported_media_type'],
    [
      { request, method: 'POST' },
      { body: Buffer.from('{"limit":1}'), contentType: 'text/plain' },
      415,
      'unsupported_media_type'
    ],
    [
      { request, method: 'POST' },
      { body: Buffer.from('{"limit":1}'), contentType: 'application/json; charset=utf-16' },
      415,
      'unsupported_media_type'
    ],
    [
      { request, method: 'POST' },
      { ...json, body: Buffer.from('{"limit":1}'), query: 'limit=1' },
      400,
      'invalid_request'
    ],
    [{ request, method: 'POST' }, json, 400, 'invalid_request'],
    [{ method: 'POST', maxBytes: 10 }, { ...json, body: Buffer.from('{        }') }, 200, ''],
    [{ method: 'POST', maxBytes: 9 }, { ...json, body: Buffer.from('{        }') }, 413, 'body_too_large'],
    [{ method: 'POST' }, { ...json, body: Buffer.alloc(64 * 1024 + 1) }, 413, 'body_too_large'],
    [{ path: '/{id}' }, { params: { id: 'a b' } }, 400, 'invalid_request']
  ]
  for (const [given, asked, status, reason] of cases) {
    if (status === 200) t.strictSame((await ask(served(given), asked))[0], 200)
    else t.strictSame(await ask(served(given, handle), asked), [status, reason], reason)
  }
})

t.test('a refusal is returned or thrown', async t => {
  const throwing = served({}, () => {
    throw NO
  })
  t.strictSame(await ask(throwing), [409, 'not_today'])
  t.strictSame(await ask(served({}, async () => opaqueRefusal(NO))), [409, 'not_today'])
})

t.test('what is thrown, and what is not declared, is answered 500 and told apart', async t => {
  const canary = new Error('canary')
  const outcome = await callEndpoint(
    served({}, async () => {
      throw canary
    }),
    REQUEST
  )
  t.match(outcome, { kind: 'refused', refused: { status: 500, reason: 'endpoint_failed' }, failure: canary })
  const undeclared = await callEndpoint(
    served({}, () => ({ said: 'x', secret: 'canary' })),
    REQUEST
  )
  t.match(undeclared, { refused: { reason: 'endpoint_failed' }, failure: { code: 'TACIT_ENDPOINT_ANSWER' } })
})
