import t from 'tap'
import { checkHealth } from '../../../core/configuration/health-checks.ts'
import { Substitutions } from '../../../core/configuration/secrets.ts'

const found = (health: unknown) =>
  checkHealth({
    root: { upstreams: [{ id: 'chat', health }] },
    substitutions: new Substitutions(),
    placeOf: () => 'line 1',
    isWritten: () => true
  }).map(({ code, path }) => `${code} ${path.slice(3).join('.')}`)

t.test('has nothing to say about a sound block, or about what is none', async t => {
  const outlier = { interval: '10s', baseEjectionTime: '1ms', maxEjectionPercent: '100%' }
  const check = { interval: '10s', timeout: '2s', method: 'POST', body: '{}' }
  t.strictSame(found({ outlier, check, slowStart: { window: '30s', minWeight: '10%' }, panicThreshold: '100%' }), [])
  for (const health of [undefined, 1, [], {}, { outlier: 1 }, { outlier: { interval: 5 } }])
    t.strictSame(found(health), [])
})

t.test('finds times that are nothing and shares beyond everything', async t => {
  const outlier = {
    interval: '0s',
    baseEjectionTime: '0m',
    maxEjectionPercent: '101%',
    failurePercentage: { threshold: '200%' }
  }
  t.strictSame(found({ outlier, slowStart: { window: '0ms', minWeight: '150%' }, panicThreshold: '100.1%' }), [
    'TACIT_TIME_ZERO outlier.interval',
    'TACIT_TIME_ZERO outlier.baseEjectionTime',
    'TACIT_SHARE_INVALID outlier.maxEjectionPercent',
    'TACIT_TIME_ZERO slowStart.window',
    'TACIT_SHARE_INVALID slowStart.minWeight',
    'TACIT_SHARE_INVALID outlier.failurePercentage.threshold',
    'TACIT_SHARE_INVALID panicThreshold'
  ])
})

t.test('finds checks that take no time, and bodies that nobody sends', async t => {
  t.strictSame(found({ check: { interval: '0s', timeout: '0ms', method: 'GET', body: '{}' } }), [
    'TACIT_TIME_ZERO check.interval',
    'TACIT_TIME_ZERO check.timeout',
    'TACIT_BODY_UNSENT check.body'
  ])
  t.strictSame(found({ check: { headers: { 'a b': 'x', 'x-one': 'a\nb', 'x-two': 'fine' } } }), [
    'TACIT_HEADER_UNFIT check.headers.a b',
    'TACIT_HEADER_UNFIT check.headers.x-one'
  ])
})
