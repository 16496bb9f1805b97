import { drive } from 'tacit-gateway/testing'
import t from 'tap'
import nearestRegion from '../../plugins/nearest-region/index.ts'
import { peer } from '../support/balancing.ts'

const ALL = [
  peer('dublin', { labels: { region: 'west' } }),
  peer('paris', { labels: { region: 'west' } }),
  peer('oslo', { labels: { region: 'north' } }),
  peer('ohio', { labels: { region: 'us' } }),
  peer('nowhere')
]
const narrower = (config: Record<string, unknown> = {}) =>
  drive(nearestRegion, { order: ['west', 'north'], ...config }, { place: 'upstream' })
const pick = (...ids: readonly string[]) => ALL.filter(({ id }) => ids.includes(id))
const ids = (peers: readonly { readonly id: string }[]) => peers.map(({ id }) => id)

t.test('the nearest region that is there has it', async t => {
  const driven = await narrower()
  const near = (...left: readonly string[]) => ids(driven.exchange().upstreamPeers(pick(...left), ALL))
  t.strictSame(near('dublin', 'paris', 'oslo', 'ohio', 'nowhere'), ['dublin', 'paris'])
  t.strictSame(near('paris', 'oslo', 'ohio'), ['paris'], 'half of it is enough')
  t.strictSame(near('oslo', 'ohio', 'nowhere'), ['oslo', 'ohio', 'nowhere'], 'one of three is not')
  t.strictSame(near('ohio', 'nowhere'), ['ohio', 'nowhere'])
  t.strictSame(driven.waited, [])
})

t.test('a region of which too little is left shares with the next', async t => {
  const driven = await narrower({ minInUse: '60%' })
  t.strictSame(ids(driven.exchange().upstreamPeers(pick('paris', 'oslo', 'ohio'), ALL)), ['paris', 'oslo'])
})

t.test('says who stands back for a nearer one', async t => {
  const driven = await narrower()
  const exchange = driven.exchange()
  exchange.upstreamPeers(ALL)
  t.match(
    exchange.decisions.map(({ name, facts }) => [name, facts.peer, facts.why]),
    [
      ['not_chosen', 'oslo', 'a nearer region is there'],
      ['not_chosen', 'ohio', 'a nearer region is there'],
      ['not_chosen', 'nowhere', 'a nearer region is there']
    ]
  )
})

t.test('refuses an order that says nothing', async t => {
  await t.rejects(narrower({ order: [] }))
  await t.rejects(narrower({ order: ['west', 'west'] }), /twice/)
  await t.rejects(narrower({ minInUse: '101%' }), /at most 100%/)
})
