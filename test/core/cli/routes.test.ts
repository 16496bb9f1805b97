import t from 'tap'
import { runOn, SOUND } from '../../support/command.ts'

t.test('lists what is matched, where it leads and what it passes', async t => {
  const { code, printed } = await runOn(t, file => ['routes', file])
  t.equal(code, 0)
  t.equal(
    printed,
    'ROUTE  METHOD    HOST  PATH   UPSTREAM  PLUGINS\nall    GET,POST  *     /v1/*  one       access-log → cors\n'
  )
})

t.test('lists the same as JSON', async t => {
  const { printed } = await runOn(t, file => ['routes', file, '--json'])
  t.strictSame(JSON.parse(printed), {
    routes: [
      {
        id: 'all',
        methods: ['GET', 'POST'],
        hosts: [],
        path: '/v1/*',
        upstream: 'one',
        plugins: ['access-log', 'cors'],
        upstreamPlugins: [],
        balancer: 'weighted'
      }
    ]
  })
})

t.test('reports a configuration that is wrong', async t => {
  const { code, complained } = await runOn(
    t,
    file => ['routes', file],
    SOUND.replace('upstream: one', 'upstream: onee')
  )
  t.equal(code, 1)
  t.match(complained, 'TACIT_UPSTREAM_UNKNOWN')
})
