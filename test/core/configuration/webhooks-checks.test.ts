import t from 'tap'
import { Substitutions } from '../../../core/configuration/secrets.ts'
import { checkWebhooks } from '../../../core/configuration/webhooks-checks.ts'

const codes = (webhooks: unknown) =>
  checkWebhooks({
    root: { webhooks },
    substitutions: new Substitutions(),
    placeOf: () => 'line 1',
    isWritten: () => true
  }).map(({ code, path }) => [code, path.join('.')])
const one = (more: object) =>
  codes([{ id: 'a', url: 'https://hooks.example.com/x?y', secret: 'x'.repeat(16), ...more }])

t.test('has nothing to say about a sound list, or about what has the wrong form', async t => {
  t.strictSame(one({ allow: ['10.0.0.7', '10.0.0.0/8', 'fd00::/8', 'hooks.internal'] }), [])
  for (const list of [undefined, [], 1, [1], [{}], [{ url: 1, allow: 1 }]]) t.strictSame(codes(list), [])
})

t.test('points at addresses, secrets and exceptions that cannot be used', async t => {
  t.strictSame(one({ url: 'https://user:secret@a.example.com' }), [['TACIT_URL_INVALID', 'webhooks.0.url']])
  t.strictSame(one({ url: 'ftp://a.example.com' }), [['TACIT_URL_INVALID', 'webhooks.0.url']])
  t.strictSame(one({ url: 'http://a.example.com' }), [['TACIT_WEBHOOK_PLAIN', 'webhooks.0.url']])
  t.strictSame(one({ secret: 'short' }), [['TACIT_WEBHOOK_SECRET_SHORT', 'webhooks.0.secret']])
  t.strictSame(one({ allow: ['*.example.com'] }), [['TACIT_NETWORK_INVALID', 'webhooks.0.allow.0']])
  const twice = [{ id: 'a' }, { id: 'a' }]
  t.strictSame(codes(twice), [['TACIT_ID_TWICE', 'webhooks.1.id']])
})
