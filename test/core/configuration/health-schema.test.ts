import t from 'tap'
import { HealthBlock } from '../../../core/configuration/health-schema.ts'
import { Substitutions } from '../../../core/configuration/secrets.ts'
import { validate } from '../../../core/configuration/validate.ts'

const decoded = (value: object) => validate(HealthBlock, value, [], new Substitutions()).decoded

t.test('an empty block lets peers rest that ask for it, and no more', async t => {
  t.strictSame(decoded({}), { rest: { max: 60_000 }, panicThreshold: 0 })
})

t.test('outlier detection begins with what Envoy begins with, rates off', async t => {
  t.match(decoded({ outlier: {} }), {
    outlier: {
      consecutive5xx: 5,
      consecutiveGatewayFailure: 5,
      interval: 10_000,
      baseEjectionTime: 30_000,
      maxEjectionTime: 300_000,
      maxEjectionPercent: 0.5,
      successRate: undefined,
      failurePercentage: undefined
    }
  })
  t.match(decoded({ outlier: { successRate: {}, failurePercentage: {} }, slowStart: {} }), {
    outlier: {
      successRate: { minimumHosts: 5, requestVolume: 100, stdevFactor: 1.9 },
      failurePercentage: { threshold: 0.85, minimumHosts: 5, requestVolume: 50 }
    },
    slowStart: { window: 30_000, minWeight: 0.1, aggression: 1 }
  })
})

t.test('no other key is taken', async t => {
  t.equal(decoded({ outliers: {} }), undefined)
})
