import type { Facts } from 'tacit-gateway/plugin'
import { drive } from 'tacit-gateway/testing'
import t from 'tap'
import { explainDraw, explainProbe } from '../../../plugins/least-latency/explain.ts'
import leastLatency from '../../../plugins/least-latency/index.ts'
import { peerOf } from '../../support/plans.ts'

const [a, b, c] = [peerOf('a'), peerOf('b'), { ...peerOf('c'), weight: 0 }]

/** What is noted of one choice: the name, and its facts. */
async function noted(note: (exchange: Parameters<typeof explainDraw>[0]) => void): Promise<readonly [string, Facts][]> {
  const driven = (await drive(leastLatency, {}, { place: 'balancer' })).exchange()
  note(driven.exchange)
  return driven.decisions.map(({ name, facts }) => [name, facts])
}

t.test('tells the costs of the two that were drawn, and who was not drawn', async t => {
  t.strictSame(
    await noted(exchange =>
      explainDraw(exchange, [a, b, c], { first: a, second: b, chosen: b, firstMs: 90, secondMs: 20 })
    ),
    [
      ['peer', { peer: 'b', why: 'the cheaper of two drawn by weight', costMs: 20 }],
      ['not_chosen', { peer: 'a', why: 'drawn, and it would take longer', costMs: 90 }],
      ['not_chosen', { peer: 'c', why: 'its weight is 0, and another peer is there', weight: 0 }]
    ]
  )
  const [, other] = await noted(exchange =>
    explainDraw(exchange, [a, b], { first: a, second: b, chosen: a, firstMs: 20, secondMs: 19 })
  )
  t.strictSame(other, ['not_chosen', { peer: 'b', why: 'drawn, and not clearly cheaper', costMs: 19 }])
})

t.test('says when there was only one to draw, and when a try is a probe', async t => {
  t.strictSame(
    await noted(exchange =>
      explainDraw(exchange, [a, c], { first: a, second: undefined, chosen: a, firstMs: 0, secondMs: 0 })
    ),
    [
      ['peer', { peer: 'a', why: 'no other could be drawn' }],
      ['not_chosen', { peer: 'c', why: 'its weight is 0, and another peer is there', weight: 0 }]
    ]
  )
  t.strictSame(await noted(exchange => explainProbe(exchange, [a, b], b)), [
    ['peer', { peer: 'b', why: 'a probe: tried longest ago' }],
    ['not_chosen', { peer: 'a', why: 'this try is a probe of another' }]
  ])
})
