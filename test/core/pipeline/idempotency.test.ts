import t from 'tap'
import { HeaderList } from '../../../core/pipeline/headers.ts'
import { addIdempotencyKey } from '../../../core/pipeline/idempotency.ts'
import { draftFor } from '../../../core/pipeline/messages.ts'
import { CONSUMER } from '../../../core/plugin.ts'
import { ManualClock } from '../../support/clock.ts'
import { exchangeOf } from '../../support/exchanges.ts'
import { planOf, upstreamAt } from '../../support/plans.ts'

/** The key that is sent for a request with these headers of a consumer. */
function keyOf(method: string, headers: string[], consumer?: string): string | undefined {
  const upstream = upstreamAt(new ManualClock(), ['http://a.test'])
  const exchange = exchangeOf(planOf([{ upstream }]), {
    id: 'exchange-7',
    method,
    headers: new HeaderList(headers),
    outgoingHeaders: headers
  })
  if (consumer !== undefined) exchange.set(CONSUMER, { id: consumer, group: undefined, labels: {} })
  const [peer] = upstream.peers
  if (peer === undefined) throw new TypeError('no peer')
  const draft = draftFor(exchange, upstream, peer, false)
  addIdempotencyKey(exchange, draft)
  t.ok(draft.headers.getAll('idempotency-key').length <= 1)
  return draft.headers.get('idempotency-key')
}

t.test('what may be carried out twice has a key', async t => {
  t.strictSame(
    ['POST', 'PATCH', 'GET', 'PUT'].map(method => keyOf(method, [])),
    ['exchange-7', 'exchange-7', undefined, undefined]
  )
})

t.test('the same key of two consumers is not the same key', async t => {
  const sent = (consumer?: string) => keyOf('POST', ['idempotency-key', 'my-key'], consumer)
  t.match(sent('team-a'), /^[\w-]{43}$/)
  t.equal(sent('team-a'), sent('team-a'), 'the client may repeat it')
  t.equal(new Set([sent('team-a'), sent('team-b'), sent()]).size, 3)
})
