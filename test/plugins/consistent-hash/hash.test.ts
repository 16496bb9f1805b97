import t from 'tap'
import { boundOf, hashBytes, hashText, ownerOf, wish } from '../../../plugins/consistent-hash/hash.ts'

const peers = (...weights: readonly number[]) =>
  weights.map((weight, index) => ({ id: `peer-${index + 1}`, weight, inFlight: 0 }))
const hashOf = ({ id }: { readonly id: string }) => hashText(id)
const keys = Array.from({ length: 6_000 }, (_, index) => hashText(`consumer-${index}`))

t.test('is FNV-1a, over texts and bytes alike', async t => {
  t.strictSame([hashText(''), hashText('a'), hashText('foobar')], [0x811c9dc5, 0xe40c292c, 0xbf9cf968])
  const bytes = Buffer.from('xfoobary')
  t.equal(hashBytes(bytes, 1, 7), hashText('foobar'))
})

t.test('each peer gets keys in proportion to its weight', async t => {
  const three = peers(1, 2, 3)
  const owners = keys.map(key => ownerOf(three, key, 0, hashOf))
  const shares = three.map(peer => owners.filter(owner => owner === peer).length / keys.length)
  for (const [index, expected] of [1 / 6, 2 / 6, 3 / 6].entries()) {
    t.ok(Math.abs((shares[index] ?? 0) - expected) < 0.03, `${shares}`)
  }
})

t.test('when a peer leaves only its own keys move', async t => {
  const all = peers(1, 1, 1, 1)
  const rest = all.slice(1)
  let moved = 0
  for (const key of keys) {
    const before = ownerOf(all, key, 0, hashOf)
    const after = ownerOf(rest, key, 0, hashOf)
    if (before === all[0]) moved++
    else t.equal(after, before) || t.bailout('a key moved without need')
  }
  t.ok(moved > 1_200 && moved < 1_800, `${moved}`)
})

t.test('a peer with its share of what is under way gets no more', async t => {
  const two = [
    { id: 'peer-1', weight: 1, inFlight: 4 },
    { id: 'peer-2', weight: 1, inFlight: 0 }
  ]
  const owners = new Set(keys.slice(0, 100).map(key => ownerOf(two, key, 1.25, hashOf)?.id))
  t.strictSame(owners, new Set(['peer-2']))
  t.equal(new Set(keys.slice(0, 100).map(key => ownerOf(two, key, 0, hashOf)?.id)).size, 2)
  t.strictSame([boundOf(0.5, 5, 1.25), boundOf(0.5, 1, 1)], [4, 1])
})

t.test('whatever is under way, somebody is within the bound', async t => {
  for (let seed = 0; seed < 500; seed++) {
    const some = peers(1, 5, 2).map((peer, index) => ({ ...peer, inFlight: (seed * 7919 * (index + 1)) % 23 }))
    t.ok(ownerOf(some, seed, 1, hashOf)) || t.bailout()
  }
})

t.test('weight 0 gets nothing while another weight is there', async t => {
  const owners = new Set(keys.slice(0, 200).map(key => ownerOf(peers(0, 1), key, 1.25, hashOf)?.id))
  t.strictSame(owners, new Set(['peer-2']))
  t.equal(new Set(keys.slice(0, 200).map(key => ownerOf(peers(0, 0), key, 0, hashOf)?.id)).size, 2)
  t.equal(ownerOf([], 1, 1.25, hashOf), undefined)
  t.ok(wish(1, 2, 1) > 0)
})
