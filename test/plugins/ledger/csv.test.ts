import t from 'tap'
import { readCsv } from '../../../plugins/ledger/csv.ts'

t.test('reads what providers export', async t => {
  t.strictSame(readCsv('\uFEFFmodel, cost \r\n"a, ""b""\nc",1.5\r\n\r\nx,\r\n'), [
    { model: 'a, "b"\nc', cost: '1.5' },
    { model: 'x', cost: '' }
  ])
  t.strictSame(readCsv('model;cost\na;1'), [{ model: 'a', cost: '1' }])
  t.strictSame(
    readCsv('model,__proto__\na,1').map(row => Object.keys(row)),
    [['model', '__proto__']]
  )
})

t.test('says what is wrong with the rest', async t => {
  for (const [text, why] of [
    ['', /no line of column names/],
    ['one\n1', /no line of column names/],
    ['a,a\n1,2', /Two columns are called "a"/],
    ['a,b\n1', /Line 2 has 1 cells, not 2/],
    ['a,b\n"1,2', /has no end/]
  ] as const) {
    t.throws(() => readCsv(text), { message: why })
  }
})
