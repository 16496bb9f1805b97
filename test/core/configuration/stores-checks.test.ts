import t from 'tap'
import { Substitutions } from '../../../core/configuration/secrets.ts'
import { checkStores } from '../../../core/configuration/stores-checks.ts'

const codes = (root: unknown) =>
  checkStores({ root, substitutions: new Substitutions(), placeOf: () => 'line 1', isWritten: () => true }).map(
    ({ code, path }) => [code, path.join('.')]
  )
const redis = (settings: object) => codes({ stores: { redis: settings } })

t.test('has nothing to say about a sound block', async t => {
  t.strictSame(redis({ url: ['redis://a:1'], commandTimeout: '50ms' }), [])
  t.strictSame(redis({ url: ['rediss://a'], tls: { cert: 'c', key: 'k' } }), [])
  t.strictSame(redis({ url: ['redis://a', 'redis://b'], cluster: true, database: 0 }), [])
  t.strictSame(redis({ url: ['redis://a', 'redis://b'], sentinel: { name: 'm' }, database: 4 }), [])
})

t.test('works while anything is missing or has the wrong form', async t => {
  for (const root of [undefined, [], {}, { stores: 1 }, { stores: { redis: [] } }, { stores: { redis: { url: 5 } } }]) {
    t.strictSame(codes(root), [], JSON.stringify(root))
  }
})

t.test('points at what excludes something else', async t => {
  t.strictSame(redis({ url: ['redis://a', 'redis://b'] }), [['TACIT_REDIS_KIND', 'stores.redis.url']])
  t.strictSame(redis({ url: ['redis://a', 'rediss://b'], cluster: true }), [['TACIT_REDIS_MIXED', 'stores.redis.url']])
  t.strictSame(redis({ url: ['redis://a'], tls: {} }), [['TACIT_REDIS_PLAIN', 'stores.redis.tls']])
  t.strictSame(redis({ url: ['rediss://a'], tls: { key: 'k' } }), [['TACIT_REDIS_CERTIFICATE', 'stores.redis.tls']])
  t.strictSame(redis({ url: ['redis://a'], connectTimeout: '0.0s' }), [
    ['TACIT_DURATION_ZERO', 'stores.redis.connectTimeout']
  ])
})
