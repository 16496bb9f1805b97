import t from 'tap'
import type { CountedBy } from '../../../plugins/rate-limit/limit.ts'
import { type Caller, networkOf, ownerOf } from '../../../plugins/rate-limit/owner.ts'

const CALLER: Caller = {
  consumer: { id: 'team-search', group: 'teams', labels: {} },
  credential: { id: 'k1', scopes: [] },
  address: '192.0.2.1',
  header: 'abc',
  model: 'small',
  route: 'chat'
}

const of = (by: readonly CountedBy[], caller: Partial<Caller> = {}) => ownerOf(by, { ...CALLER, ...caller })

t.test('the owner comes first, and the counters of a key stand with those of its consumer', async t => {
  t.equal(of(['consumer']), 'consumer/team-search/')
  t.equal(of(['key']), 'consumer/team-search/key/k1/')
  t.equal(of(['group', 'model']), 'group/teams/model/small/')
  t.equal(of(['address', 'header', 'route']), 'address/192.0.2.1/header/abc/route/chat/')
})

t.test('what is not there is one owner together', async t => {
  t.equal(of(['group'], { consumer: { id: 'alone', group: undefined, labels: {} } }), 'group/-/')
  t.equal(of(['model', 'header'], { model: undefined, header: undefined }), 'model/-/header/-/')
})

t.test('no name can be taken for another, for several, or for none', async t => {
  const names = ['a/b', 'a', '-', '~x', 'x'.repeat(65), `${'x'.repeat(65)}y`, 'a/key/b', 'ä']
  const owners = names.map(model => of(['model'], { model }))
  t.equal(new Set(owners).size, names.length)
  for (const owner of owners) t.match(owner, /^model\/[^/]+\/$/)
  t.ok(of(['consumer', 'header', 'model', 'route'], { model: 'x'.repeat(9_999), route: 'y'.repeat(63) }).length < 300)
})

t.test('an IPv6 host is its /64, however it is written', async t => {
  t.equal(networkOf('2001:db8:1:2:3:4:5:6'), '2001:db8:1:2::')
  t.equal(networkOf('2001:DB8:1:2::9'), '2001:db8:1:2::')
  t.equal(networkOf('2001:0db8:0001:0002::'), '2001:db8:1:2::')
  t.equal(networkOf('2001:db8::1'), '2001:db8:0:0::')
  t.equal(networkOf('::1'), '0:0:0:0::')
  t.equal(networkOf('::ffff:192.0.2.1'), '192.0.2.1')
  t.equal(networkOf('192.0.2.1'), '192.0.2.1')
})
