import t from 'tap'
import { figureOf, inOrder, sumUp } from '../../../plugins/ledger/figures.ts'

const found = (at: number, by: Record<string, string>, rows: number, cost: bigint, input: number | bigint = 1) => ({
  at,
  by,
  rows,
  sums: { input, cost }
})

t.test('puts figures of all currencies together, in the order of steps and names', async t => {
  const sums = sumUp(
    [
      found(2, { model: 'b', currency: 'USD' }, 1, 7n),
      found(1, { model: 'b', currency: 'EUR' }, 1, 5n),
      found(1, { model: 'b', currency: 'USD' }, 2, 10_000_000_000n),
      found(1, { model: 'b', currency: 'XXX' }, 3, 0n),
      found(1, { model: 'b' }, 4, 0n),
      found(1, { currency: 'USD' }, 1, 1n)
    ],
    ['model']
  )
  const ends = new Map([
    [1, 2],
    [2, 3]
  ])
  t.match(
    sums.map(sum => figureOf(sum, ['model'], ends)),
    [
      { from: '1970-01-01T00:00:00.001Z', model: undefined, requests: 1, cost: ['0.000000001 USD'] },
      { model: 'b', requests: 10, input: 4, output: 0, cost: ['0.000000005 EUR', '10 USD'] },
      { from: '1970-01-01T00:00:00.002Z', to: '1970-01-01T00:00:00.003Z', cost: ['0.000000007 USD'] }
    ]
  )
})

t.test('sums stop where they are not exact any more', async t => {
  const most = Number.MAX_SAFE_INTEGER
  t.equal(sumUp([found(1, {}, 1, 0n, most), found(1, {}, 1, 0n, most)], [])[0]?.wholes.input, most)
})

t.test('knows which place comes first', async t => {
  const place = (at: number, ...names: readonly (string | undefined)[]) => ({ at, names })
  t.ok(inOrder(place(1, 'z'), place(2, 'a')) < 0)
  t.ok(inOrder(place(1, 'a', 'b'), place(1, 'a', 'a')) > 0)
  t.ok(inOrder(place(1, undefined), place(1, 'a')) < 0)
  t.equal(inOrder(place(1, 'a'), place(1, 'a')), 0)
})
