import fc from 'fast-check'
import t from 'tap'
import { LiveList } from '../../../core/pipeline/live-list.ts'

t.test('holds what a set would hold, whatever is added and deleted', async t => {
  const steps = fc.array(fc.record({ adds: fc.boolean(), item: fc.nat(8) }))
  fc.assert(
    fc.property(steps, steps => {
      const list = new LiveList<number>()
      const model = new Set<number>()
      for (const { adds, item } of steps) {
        if (!adds) {
          list.delete(item)
          model.delete(item)
        } else if (!model.has(item)) {
          list.add(item)
          model.add(item)
        }
        if (list.size !== model.size || [...list].sort().join() !== [...model].sort().join()) return false
      }
      return true
    })
  )
  t.pass()
})

t.test('may be changed while it is walked', async t => {
  const list = new LiveList<number>()
  for (const item of [1, 2, 3]) list.add(item)
  const seen: number[] = []
  for (const item of list) {
    seen.push(item)
    list.delete(item)
    list.add(item + 10)
  }
  t.strictSame(seen, [1, 2, 3])
  t.strictSame([...list].sort(), [11, 12, 13])
})
