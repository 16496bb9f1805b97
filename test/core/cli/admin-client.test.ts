import t from 'tap'
import { askAdmin, listIn, member, word } from '../../../core/cli/admin-client.ts'
import { TestTerminal } from '../../support/terminal.ts'
import { startUpstream } from '../../support/upstream.ts'

t.test('asks with the token of the environment, and says what a gateway that refuses says', async t => {
  const server = await startUpstream(t, async exchange => {
    const json = { 'content-type': 'application/json' }
    if (exchange.target === '/text') return exchange.answer(502, {}, 'no JSON')
    if (exchange.target === '/away') return exchange.answer(302, { location: '/list' }, '')
    if (exchange.target === '/refused') return exchange.answer(403, json, '{"detail":"The role is too low."}')
    return exchange.answer(200, json, JSON.stringify({ sent: (await exchange.body).toString() }))
  })
  const terminal = new TestTerminal('', { TACIT_ADMIN_TOKEN: 'secret' })
  const ask = (path: string, body?: object) => askAdmin({ admin: server.url }, terminal, path, body)
  t.strictSame(await ask('/list'), { sent: '' })
  t.strictSame(await ask('/change', { a: 1 }), { sent: '{"a":1}' })
  t.match(server.requests, [
    { method: 'GET', headers: { authorization: 'Bearer secret' } },
    { method: 'POST', headers: { authorization: 'Bearer secret', 'content-type': 'application/json' } }
  ])
  await t.rejects(ask('/refused'), { code: 'TACIT_ADMIN_REFUSED', message: 'The role is too low.', cure: /operator/ })
  await t.rejects(ask('/text'), { code: 'TACIT_ADMIN_REFUSED', message: 'The gateway answered 502.' })
  await t.rejects(ask('/away'), { code: 'TACIT_ADMIN_UNREACHABLE' }, 'no token follows a redirect')
})

t.test('reads answers that nobody vouches for', t => {
  t.equal(member({ a: 1 }, 'a'), 1)
  t.equal(member(undefined, 'a'), undefined)
  t.strictSame(listIn({ a: [1] }, 'a'), [1])
  t.strictSame(listIn({ a: 'x' }, 'a'), [])
  t.equal(word({ a: 5 }, 'a'), '5')
  t.equal(word({ a: {} }, 'a'), '')
  t.end()
})
