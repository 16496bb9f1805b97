import t from 'tap'
import { compare, millionthsOf, readInvoice } from '../../../plugins/ledger/reconcile.ts'

const MAPPING = { model: 'Model', cost: 'Amount', input: 'In' }

t.test('adds the lines of an invoice up by model, and calls models as the catalogue does', async t => {
  const rows = [
    { Model: 'gpt-5-2026', Amount: '$0.10', In: '7' },
    { Model: ' gpt-5 ', Amount: '0.000000001', In: '3' }
  ]
  t.strictSame(
    readInvoice(rows, MAPPING, new Map([['gpt-5-2026', 'gpt-5']])),
    new Map([['gpt-5', { costNano: 100_000_001n, input: 10n }]])
  )
  t.throws(() => readInvoice([{ Model: 'a', Amount: '1' }], MAPPING, new Map()), {
    message: 'The invoice has no column "In". It has: Model, Amount.'
  })
  for (const Amount of ['1,000.00', '', '1e2', '0.0000000001']) {
    t.throws(() => readInvoice([{ Model: 'a', Amount, In: '1' }], MAPPING, new Map()), {
      message: /Line 2 .* no plain number under "Amount"/
    })
  }
})

t.test('a tolerance is never rounded', async t => {
  const of = (costNano: bigint) => new Map([['m', { costNano }]])
  const isWithin = (ours: bigint, theirs: bigint, millionths: bigint, nano: bigint) =>
    compare(of(ours), of(theirs), ['costNano'], { millionths, nano })[0]?.isWithin
  t.equal(isWithin(1_005n, 1_000n, 5_000n, 0n), true)
  t.equal(isWithin(1_006n, 1_000n, 5_000n, 0n), false)
  t.equal(isWithin(994n, 1_000n, 5_000n, 0n), false)
  t.equal(isWithin(1_006n, 1_000n, 0n, 6n), true)
  t.equal(isWithin(1n, 0n, 1_000_000n, 0n), false, 'what the invoice has nothing of')
  t.equal(millionthsOf('0.5%'), 5_000n)
  t.equal(millionthsOf('0.0001%'), 1n)
  for (const text of ['5', '0.00001%', '-1%', '%']) t.equal(millionthsOf(text), undefined)
})

t.test('finds what only one side has', async t => {
  const ours = new Map([['a', { requests: 2n }]])
  const theirs = new Map([['b', { requests: 1n }]])
  t.strictSame(compare(ours, theirs, ['requests'], { millionths: 0n, nano: 0n }), [
    { model: 'a', figure: 'requests', ours: 2n, theirs: 0n, isWithin: false },
    { model: 'b', figure: 'requests', ours: 0n, theirs: 1n, isWithin: false }
  ])
})
