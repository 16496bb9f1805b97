import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { main } from '../../../core/cli/main.ts'
import { send } from '../../support/client.ts'
import { routeOf } from '../../support/gateway.ts'
import { TestTerminal } from '../../support/terminal.ts'
import { digestOf, startAdminGateway } from './support.ts'

async function start(t: Test) {
  const folder = mkdtempSync(join(tmpdir(), 'tacit-keys-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const { gateway, ask } = await startAdminGateway(t, {
    admin: { port: 0, tokens: [{ id: 'ops', role: 'operator', keyHash: digestOf('operator') }] },
    stores: { folder },
    routes: [routeOf({ id: 'chat', plugins: [{ use: 'key-auth' }] })]
  })
  const operator = (path: string, body?: unknown) =>
    ask(path, { method: body === undefined ? 'GET' : 'POST', token: 'operator', ...(body !== undefined && { body }) })
  const call = async (key: string) => {
    const { status } = await send({ url: gateway.url, headers: { authorization: `Bearer ${key}` } })
    return status
  }
  /** Asks for a key. @returns its name and itself. */
  const made = async (path: string, body: unknown) => {
    const [status, answer] = await operator(path, body)
    t.equal(status, 201)
    const whole: object = typeof answer === 'object' && answer !== null ? answer : {}
    const key: unknown = Reflect.get(whole, 'key')
    const id: unknown = typeof key === 'object' && key !== null ? Reflect.get(key, 'id') : undefined
    return { id: String(id), secret: String(Reflect.get(whole, 'secret')), answer }
  }
  await operator('/v1/consumers', { id: 'team' })
  return { operator, call, made }
}

t.test('shows a key once, and never its digest', async t => {
  const { operator, call, made } = await start(t)
  const { id, secret, answer } = await made('/v1/keys', {
    consumer: 'team',
    labels: { owner: 'ada' },
    scopes: ['read'],
    goodFor: { routes: ['chat'], addresses: ['127.0.0.0/8'] },
    expires: '2090-01-01'
  })
  t.match(secret, /^tacit_\w{43}$/)
  const shown = {
    id,
    consumer: 'team',
    plugin: 'key-auth',
    prefix: secret.slice(0, 12),
    labels: { owner: 'ada' },
    goodFor: { routes: ['chat'] },
    expiresAt: Date.UTC(2090, 0, 1)
  }
  t.match(answer, { key: shown })
  const [, list] = await operator('/v1/keys?consumer=team')
  t.match(list, { keys: [shown] })
  t.notMatch(JSON.stringify(list), new RegExp(`${secret.slice(12)}|hmac-sha256`))
  t.equal(await call(secret), 200)
  t.equal(await call(`${secret.slice(0, -1)}!`), 401)
})

t.test('rotates, blocks and revokes a key, at once', async t => {
  const { operator, call, made } = await start(t)
  const first = await made('/v1/keys', { consumer: 'team' })
  const second = await made('/v1/keys/rotate', { id: first.id, grace: '1h' })
  t.strictSame([await call(first.secret), await call(second.secret)], [200, 200])
  const third = await made('/v1/keys/rotate', { id: second.id, grace: '0s' })
  t.strictSame([await call(second.secret), await call(third.secret)], [401, 200])
  t.match(await operator('/v1/keys/change', { id: third.id, blocked: true }), [200, { key: { blocked: true } }])
  t.equal(await call(third.secret), 401)
  await operator('/v1/keys/change', { id: third.id, blocked: false, expiresAt: 1 })
  t.equal(await call(third.secret), 401, 'good no more')
  await operator('/v1/keys/change', { id: third.id, expiresAt: null })
  t.equal(await call(third.secret), 200)
  t.match(await operator('/v1/keys/revoke', { id: third.id }), [200, { id: third.id, revoked: true }])
  t.equal(await call(third.secret), 401)
  t.match(await operator('/v1/keys/revoke', { id: third.id }), [404, { reason: 'identity_missing' }])
})

t.test('makes no key that could not be used', async t => {
  const { operator } = await start(t)
  t.match(await operator('/v1/keys', { consumer: 'nobody' }), [404, { reason: 'identity_missing' }])
  t.match(await operator('/v1/keys', { consumer: 'team', plugin: 'notes' }), [400, { reason: 'identity_invalid' }])
  t.match(await operator('/v1/keys', { consumer: 'team', goodFor: { addresses: ['x'] } }), [
    400,
    { reason: 'identity_invalid' }
  ])
  t.match(await operator('/v1/keys', { consumer: 'team', settings: { nobody: {} } }), [
    400,
    { reason: 'identity_invalid' }
  ])
  t.match(await operator('/v1/keys', { consumer: 'team', expires: 'tomorrow' }), [400, { reason: 'invalid_request' }])
  t.match(await operator('/v1/keys/rotate', { id: 'nobody', grace: '1h' }), [404, { reason: 'identity_missing' }])
})

t.test('every call leaves a row, with names and no key', async t => {
  const folder = mkdtempSync(join(tmpdir(), 'tacit-audit-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const { gateway, ask } = await startAdminGateway(t, {
    admin: { port: 0, tokens: [{ id: 'ops', role: 'operator', keyHash: digestOf('operator') }] },
    stores: { folder },
    records: { masterKey: 'ab'.repeat(32) }
  })
  const post = (path: string, body: unknown) => ask(path, { method: 'POST', token: 'operator', body })
  await post('/v1/consumers', { id: 'team' })
  const [, made] = await post('/v1/keys', { consumer: 'team', id: 'main' })
  await ask('/v1/keys', { token: 'operator' })
  await post('/v1/keys/revoke', { id: 'main' })
  await post('/v1/keys/revoke', { id: 'main' })
  await gateway.close()
  const terminal = new TestTerminal('', { DIGEST_KEY: 'key-of-these-tests' })
  const [file = ''] = gateway.files
  t.equal(
    await main(['records', 'export', 'core.audit', '--oldest', '--config', file], terminal),
    0,
    terminal.complained
  )
  const rows = terminal.printed
    .trim()
    .split('\n')
    .map((line): { readonly [name: string]: unknown } => JSON.parse(line))
  const told = rows.map(row => JSON.stringify(row))
  t.match(told, [
    /"operation":"createConsumer".*"consumer":"team"|"consumer":"team".*"operation":"createConsumer"/,
    /"operation":"createKey"/,
    /"operation":"keys"/,
    /"operation":"revokeKey"/,
    /"operation":"revokeKey"/
  ])
  t.match(told[3], /"status":200/)
  t.match(told[4], /"status":404/)
  for (const line of told) t.match(line, /"actor":"ops"/)
  t.match(told[1], /"credential":"main"/)
  const secret: unknown = typeof made === 'object' && made !== null ? Reflect.get(made, 'secret') : undefined
  t.notOk(told.join().includes(String(secret)))
})
