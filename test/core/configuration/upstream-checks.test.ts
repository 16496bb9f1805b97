import t from 'tap'
import { Substitutions } from '../../../core/configuration/secrets.ts'
import { checkUpstreams } from '../../../core/configuration/upstream-checks.ts'

const codes = (upstream: unknown) =>
  checkUpstreams({
    root: { upstreams: [upstream] },
    substitutions: new Substitutions(),
    placeOf: () => 'line 1',
    isWritten: () => true
  }).map(({ code }) => code)

t.test('a certificate and its key are named together', async t => {
  t.strictSame(codes({ tls: { cert: 'a.pem', key: 'b.pem' } }), [])
  t.strictSame(codes({ tls: { ca: 'a.pem' } }), [])
  for (const tls of [{ cert: 'a.pem' }, { key: 'b.pem' }])
    t.strictSame(codes({ tls }), ['TACIT_CLIENT_CERTIFICATE_HALF'])
})

t.test('warns of bounds that others make pointless', async t => {
  t.strictSame(codes({ connections: { max: 10 }, limits: { peerInFlight: 10 } }), [])
  t.strictSame(codes({ connections: { max: 10 }, limits: { peerInFlight: 11 } }), ['TACIT_LIMIT_POINTLESS'])
  t.strictSame(codes({ connections: { warm: 1 } }), [])
  t.strictSame(codes({ connections: { warm: 1 }, transport: 'undici' }), ['TACIT_WARM_POINTLESS'])
})

t.test('works while anything is missing or has the wrong form', async t => {
  for (const upstream of [
    {},
    5,
    { tls: 5, limits: [], connections: 'x' },
    { tls: { cert: 5 }, connections: { max: 'x' } }
  ]) {
    t.strictSame(codes(upstream), [])
  }
})
