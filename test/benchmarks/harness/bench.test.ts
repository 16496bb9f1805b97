import t from 'tap'
import { alternate } from '../../../benchmarks/harness/bench.ts'

t.test('each round goes in the reverse order of the one before, and results stay with their item', async t => {
  const order: string[] = []
  const results = await alternate(['a', 'b', 'c'], 3, async (item, round) => {
    order.push(item)
    return `${item}${round}`
  })
  t.equal(order.join(''), 'abccbaabc')
  t.strictSame(results, [
    ['a0', 'a1', 'a2'],
    ['b0', 'b1', 'b2'],
    ['c0', 'c1', 'c2']
  ])
})
