import fc from 'fast-check'
import t from 'tap'
import { Branch } from '../../../core/metrics/branch.ts'

/** Where a row of words leads. */
function find(root: Branch<number>, words: readonly string[]): number | undefined {
  return words.reduce<Branch<number> | undefined>((branch, word) => branch?.at(word), root)?.value
}

t.test('a row of words leads to its own value, whatever its words are joined', async t => {
  fc.assert(
    fc.property(fc.array(fc.array(fc.constantFrom('', 'a', 'b', 'ab', '__proto__'), { maxLength: 4 })), rows => {
      const root = new Branch<number>()
      const model = new Map<string, number>()
      for (const [index, row] of rows.entries()) {
        row.reduce((branch, word) => branch.grow(word), root).value = index
        model.set(JSON.stringify(row), index)
      }
      return rows.every(row => find(root, row) === model.get(JSON.stringify(row)))
    })
  )
  t.pass('every row found its value')
})

t.test('what nobody has planted is not there', async t => {
  const root = new Branch<number>()
  root.grow('a').grow('b').value = 1
  t.strictSame(
    [find(root, ['a', 'b']), find(root, ['a']), find(root, ['b']), find(root, [])],
    [1, undefined, undefined, undefined]
  )
  root.clear()
  t.equal(find(root, ['a', 'b']), undefined)
})
