import t from 'tap'
import { startAdminGateway } from './support.ts'

const headers = [{ name: 'host', value: 'chat.example' }]

t.test('says what would be done with a request, and sends nothing', async t => {
  const { ask } = await startAdminGateway(t, {}, () => {
    t.fail('something was sent')
  })
  const body = { method: 'POST', target: '/x?y=1', headers, body: '{"canary":1}' }
  const [status, answer] = await ask('/v1/explain', { method: 'POST', body })
  t.equal(status, 200)
  t.match(answer, {
    explanation: {
      method: 'POST',
      target: '/x?y=1',
      route: 'chat',
      targets: [{ upstream: 'upstream', chosen: true }],
      attempts: [{ number: 1, upstream: 'upstream', outcome: 'committed', others: [{ why: String }] }],
      response: { status: 200, source: 'upstream' }
    }
  })
  t.notMatch(JSON.stringify(answer), 'canary')
})

t.test('says who is known, and shows no key', async t => {
  const { ask } = await startAdminGateway(t)
  const body = { target: '/account/notes', headers: [{ name: 'authorization', value: 'Bearer key-of-ada' }] }
  const [, answer] = await ask('/v1/explain', { method: 'POST', body })
  t.match(answer, {
    explanation: { route: 'account', consumer: 'ada', calls: [{ plugin: 'key-auth', outcome: 'went_on' }] }
  })
  t.notMatch(JSON.stringify(answer), 'key-of-ada')
  const [, unknown] = await ask('/v1/explain', { method: 'POST', body: { target: '/account/notes' } })
  t.match(unknown, { explanation: { response: { status: 401, reason: 'missing_api_key' } } })
})

t.test('refuses what is no request', async t => {
  const { ask } = await startAdminGateway(t)
  for (const body of [
    {},
    { target: 'x' },
    { target: '/', method: 'get' },
    { target: '/', more: 1 },
    { target: '/', headers: [{ name: 'a b', value: 'x' }] },
    { target: '/', method: 'POST', headers: [{ name: 'content-length', value: '9' }], body: 'short' },
    { target: '/', headers: [{ name: 'a', value: 'x\r\ny: z' }] }
  ]) {
    t.match(
      await ask('/v1/explain', { method: 'POST', body }),
      [400, { reason: 'invalid_request' }],
      JSON.stringify(body)
    )
  }
})

t.test('does one after the other, and no more than a few wait', async t => {
  const { ask } = await startAdminGateway(t)
  const body = { target: '/x', headers }
  const answers = await Promise.all(Array.from({ length: 12 }, () => ask('/v1/explain', { method: 'POST', body })))
  const statuses = answers.map(([status]) => status)
  t.ok(statuses.includes(200))
  t.ok(
    statuses.every(status => status === 200 || status === 503),
    statuses.join()
  )
})
