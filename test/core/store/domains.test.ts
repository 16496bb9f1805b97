import t from 'tap'
import type { Claim } from '../../../core/plugin.ts'
import { cancelWords, claimsWords, domainsOf, settleWords } from '../../../core/store/domains.ts'

const keyOf = (owner: string, name: string) => `{${owner}}${name}`
const claim = (counter: string, part: Partial<Claim> = {}): Claim => ({
  counter,
  algorithm: 'total',
  limit: 10,
  amount: 1,
  ...part
})

t.test('claims are grouped by owner, in the same order whoever asks', async t => {
  const claims = [
    claim('group/b/cost'),
    claim('consumer/a/cost'),
    claim('group/b/requests', { algorithm: 'gcra', windowMs: 60_000 }),
    claim('consumer/a/key/1/cost')
  ]
  const domains = domainsOf(claims, keyOf)
  t.strictSame(
    domains.map(({ owner, indexes, keys }) => [owner, indexes, keys]),
    [
      [
        'consumer/a',
        [1, 3],
        [
          '{consumer/a}leases',
          '{consumer/a}holds',
          '{consumer/a}count:total:0:/cost',
          '{consumer/a}count:total:0:/key/1/cost'
        ]
      ],
      [
        'group/b',
        [0, 2],
        ['{group/b}leases', '{group/b}holds', '{group/b}count:total:0:/cost', '{group/b}count:gcra:60000:/requests']
      ]
    ]
  )
  t.strictSame(
    domainsOf(claims.toReversed(), keyOf).map(({ owner }) => owner),
    ['consumer/a', 'group/b']
  )
})

t.test('what is final alone leaves nothing to settle', async t => {
  const final = claim('a/b/c', { final: true })
  t.strictSame(
    [[final], [final, claim('a/b/d')]].map(claims => domainsOf(claims, keyOf)[0]?.isOpen),
    [false, true]
  )
})

t.test('words are those of its own claims', async t => {
  const claims = [claim('a/b/c', { amount: 7 }), claim('x/y/z', { amount: 9, lost: 'give_back' })]
  const [first, second] = domainsOf(claims, keyOf)
  if (first === undefined || second === undefined) throw new Error('there are two')
  t.equal(claimsWords(first, claims), '1 s 10 0 10 7 0 -1')
  t.equal(claimsWords(second, claims), '1 s 10 0 10 9 4 -1')
  t.equal(settleWords('id', second, [1, 2.5]), 'settle id 1 3')
  t.equal(settleWords('id', second, [1]), 'settle id 1 -1', 'as held')
  t.equal(cancelWords('id'), 'settle id x')
})
