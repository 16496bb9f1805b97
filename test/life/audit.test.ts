/** What is kept of who has asked the admin listener for what: every endpoint that the gateway describes is asked. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { isBlock } from '../../core/configuration/path.ts'
import { digestOf, startAdminGateway } from '../core/admin/support.ts'
import { routeOf } from '../support/gateway.ts'
import { keptRows, TEST_MASTER_KEY } from '../support/kept-rows.ts'

/** Looks that are noted: at who may call, and at what they may spend and have spent. */
const NOTED_LOOKS = new Set(['consumers', 'consumer', 'groups', 'keys', 'rate-limit.limits', 'budget.budgets'])

/** What endpoints are sent, where an empty body would be all that they are ever asked. */
const SENT: Readonly<Record<string, object>> = {
  createConsumer: { id: 'team' },
  createGroup: { id: 'gold' },
  createKey: { consumer: 'ada' },
  rotateKey: { id: 'nobody' },
  changeKey: { id: 'nobody', blocked: true },
  revokeKey: { id: 'nobody' },
  'rate-limit.topUp': { limit: 'daily', consumer: 'ada', units: 5 },
  'rate-limit.reset': { limit: 'daily', consumer: 'ada' },
  'budget.topUp': { budget: 'month', consumer: 'ada', amount: '5.00 USD' },
  'budget.reset': { budget: 'weekly', consumer: 'ada' }
}

/** Every endpoint of an OpenAPI description, those that read first. */
function endpointsIn(description: unknown) {
  const paths = isBlock(description) && isBlock(description.paths) ? description.paths : {}
  return Object.entries(paths)
    .flatMap(([path, methods]) =>
      Object.entries(isBlock(methods) ? methods : {}).flatMap(([method, operation]) =>
        isBlock(operation) ? [{ path, method: method.toUpperCase(), operation: String(operation.operationId) }] : []
      )
    )
    .sort((one, other) => Number(one.method !== 'GET') - Number(other.method !== 'GET'))
}

t.test('each endpoint that changes something leaves one row of who, what and how it ended, refused or not', async t => {
  const folder = mkdtempSync(join(tmpdir(), 'tacit-audit-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const { gateway, ask } = await startAdminGateway(t, {
    admin: {
      port: 0,
      tokens: [
        { id: 'eve', role: 'viewer', keyHash: digestOf('token-of-eve') },
        { id: 'olga', role: 'owner', keyHash: digestOf('token-of-olga') }
      ]
    },
    stores: { folder },
    records: { masterKey: TEST_MASTER_KEY, directory: folder },
    routes: [
      routeOf({
        id: 'chat',
        plugins: [
          { use: 'key-auth' },
          { use: 'rate-limit', config: { limits: [{ name: 'daily', requests: 5, each: 'day' }] } },
          { use: 'budget', config: { budgets: [{ amount: '5.00 USD', each: 'month' }] } },
          { use: 'metering' }
        ]
      })
    ]
  })
  const [, description] = await ask('/v1/openapi.json', { token: 'token-of-olga' })
  const endpoints = endpointsIn(description).filter(({ path }) => /^\/(?:v1|plugins)\//.test(path))
  const expected: unknown[] = []
  for (const [actor, token] of [
    ['eve', 'token-of-eve'],
    ['olga', 'token-of-olga']
  ] as const) {
    for (const { path, method, operation } of endpoints) {
      const isBodied = method !== 'GET' && method !== 'DELETE'
      const [status] = await ask(path.replaceAll(/\{\w+\}/g, 'nobody'), {
        method,
        token,
        ...(isBodied && { body: SENT[operation] ?? {} })
      })
      if (method !== 'GET' || NOTED_LOOKS.has(operation)) expected.push([actor, operation, status])
    }
  }
  t.equal((await ask('/v1/reload', { method: 'POST', token: 'nobody', body: {} }))[0], 401)
  await gateway.close()
  const rows = await keptRows(folder, 'core.audit')
  t.strictSame(
    rows.map(({ fields: { actor, operation, status } }) => [actor, operation, status]),
    expected
  )
  const asked = new Set(endpoints.map(({ operation }) => operation))
  for (const operation of [...NOTED_LOOKS, ...Object.keys(SENT)]) t.ok(asked.has(operation), operation)
  const about = (operation: string) =>
    rows.filter(({ fields }) => fields.operation === operation).map(({ fields }) => [fields.consumer, fields.status])
  // The body of who may not ask is not read.
  t.strictSame(about('budget.topUp'), [
    [undefined, 403],
    ['ada', 200]
  ])
  t.strictSame(about('budget.reset'), [
    [undefined, 403],
    ['ada', 404]
  ])
  t.strictSame(about('createConsumer'), [
    [undefined, 403],
    ['team', 201]
  ])
  for (const { at } of rows) t.ok(at > 0)
  t.notMatch(JSON.stringify(rows), /token-of|5\.00|hmac/, 'neither secrets nor what was asked for')
})
