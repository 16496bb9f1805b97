import t from 'tap'
import { linedUp } from '../../../plugins/ledger/lined-up.ts'

t.test('lines names up to the left and figures to the right', async t => {
  t.strictSame(
    linedUp(
      ['MODEL', 'N', 'COST'],
      [
        ['a', '1', '5 USD'],
        ['long-name', '1000', '']
      ]
    ),
    ['MODEL         N  COST', 'a             1  5 USD', 'long-name  1000']
  )
})
