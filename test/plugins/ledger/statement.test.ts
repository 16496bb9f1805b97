import t from 'tap'
import { addsUp, Lines } from '../../../plugins/ledger/statement.ts'

const row = (fields: Record<string, string | number | bigint>) => ({ id: '', at: 0, fields })

t.test('is the same made of figures and made of rows', async t => {
  const ofRows = new Lines()
  for (let index = 0; index < 10; index++) {
    ofRows.addRow(
      row({ model: 'small', route: 'chat', currency: 'USD', input: index, cost: 900_000_001n, consumer: 'ada' })
    )
  }
  ofRows.addRow(row({ route: 'chat', missing: 'price', input: 3 }))
  ofRows.addRow(row({ route: 'chat', currency: 'XXX', cost: 0n }))
  const ofFigures = new Lines()
  ofFigures.addFigures({ at: 0, by: { route: 'chat', currency: 'XXX' }, rows: 1, sums: { cost: 0n } })
  ofFigures.addFigures({ at: 0, by: { route: 'chat' }, rows: 1, sums: { input: 3, unpriced: 1, cost: 0n } })
  const by = { model: 'small', route: 'chat', currency: 'USD' }
  ofFigures.addFigures({ at: 0, by, rows: 4, sums: { input: 20, cost: 4_000_000_000n } })
  ofFigures.addFigures({ at: 1, by, rows: 6, sums: { input: 25, cost: 5_000_000_010n } })
  t.strictSame(ofRows.done(), ofFigures.done())
  t.match(ofRows.done(), {
    lines: [
      { route: 'chat', requests: 1, unpriced: 1, input: 3, costNano: '0' },
      { currency: 'XXX', requests: 1 },
      { model: 'small', requests: 10, input: 45, costNano: '9000000010' }
    ],
    totals: [{ currency: 'USD', costNano: '9000000010' }]
  })
  t.ok(addsUp(ofRows.done()))
})

t.test('knows totals that are not what lines add up to', async t => {
  const line = { currency: 'USD', costNano: '5' }
  t.ok(addsUp({ lines: [line, line], totals: [{ currency: 'USD', costNano: '10' }] }))
  for (const wrong of [
    { lines: [line], totals: [] },
    { lines: [line], totals: [{ currency: 'EUR', costNano: '5' }] },
    { lines: [line], totals: [{ currency: 'USD', costNano: '6' }] },
    { lines: [{ currency: 'USD', costNano: 5 }], totals: [] },
    { lines: [{ currency: 'USD', costNano: '1e3' }], totals: [] },
    { lines: 'none', totals: [] },
    null
  ])
    t.notOk(addsUp(wrong))
})
