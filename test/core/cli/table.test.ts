import t from 'tap'
import { table } from '../../../core/cli/table.ts'

t.test('lines columns up, without spaces at the end, also where characters are wide', async t => {
  t.equal(
    table([
      ['a', 'bb', 'c'],
      ['long', '', ''],
      ['語', 'b', 'c']
    ]),
    'a     bb  c\nlong\n語    b   c\n'
  )
})

t.test('paints cells without moving what follows', async t => {
  t.equal(
    table(
      [
        ['a', 'b'],
        ['cc', 'd']
      ],
      (cell, column) => (column === 0 ? `<${cell}>` : cell)
    ),
    '<a>   b\n<cc>  d\n'
  )
})
