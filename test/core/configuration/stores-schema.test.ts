import t from 'tap'
import { Substitutions } from '../../../core/configuration/secrets.ts'
import { Stores } from '../../../core/configuration/stores-schema.ts'
import { validate } from '../../../core/configuration/validate.ts'

const decoded = (value: object) => validate(Stores, value, [], new Substitutions()).decoded

t.test('needs no server', async t => {
  t.strictSame(decoded({}), { identities: { remembered: 100_000 }, limits: { lease: 30_000, gateways: 1 } })
})

t.test('needs nothing of a Redis but its address', async t => {
  t.strictSame(decoded({ redis: { url: 'redis://10.0.0.7:6379' } }), {
    redis: {
      url: ['redis://10.0.0.7:6379'],
      cluster: false,
      database: 0,
      keyPrefix: 'tacit',
      connectTimeout: 1_000,
      commandTimeout: 50,
      breaker: { failures: 5, pause: 1_000 }
    },
    identities: { remembered: 100_000 },
    limits: { lease: 30_000, gateways: 1 }
  })
})

t.test('keeps passwords from being printed', async t => {
  const redis = { url: 'redis://a', password: 'hunter2', sentinel: { name: 'main', password: 'hunter3' } }
  t.notMatch(JSON.stringify(decoded({ redis })), /hunter/)
})
