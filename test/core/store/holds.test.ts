import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import t from 'tap'
import { Holds } from '../../../core/store/holds.ts'

t.test('a value is found by its owner until it is taken, and counted once', async t => {
  const holds = new Holds<object, string>()
  const [one, other] = [{}, {}]
  holds.set(one, 'first')
  holds.set(one, 'second')
  holds.set(other, 'third')
  t.strictSame([holds.get(one), holds.get(other), holds.size], ['second', 'third', 2])
  t.strictSame([holds.take(one), holds.take(one), holds.get(one), holds.size], ['second', undefined, undefined, 1])
})

t.test('what comes and goes is gone with the next short collection', async t => {
  setFlagsFromString('--expose-gc')
  const collect: (options: object) => void = runInNewContext('gc')
  const holds = new Holds<object, object>()
  const live: { readonly content: number[] }[] = []
  const come = () => {
    const owner = { content: new Array<number>(1_000).fill(0) }
    holds.set(owner, { owner })
    live.push(owner)
  }
  for (let count = 0; count < 32; count++) come()
  // What has lived through some of them is in the old generation.
  for (let count = 0; count < 4; count++) collect({ type: 'minor' })
  const before = process.memoryUsage().heapUsed
  for (let count = 0; count < 20_000; count++) {
    come()
    const left = live.shift()
    if (left !== undefined) holds.take(left)
    if (count % 1_000 === 0) collect({ type: 'minor' })
  }
  collect({ type: 'minor' })
  collect({ type: 'minor' })
  const keptBytes = process.memoryUsage().heapUsed - before
  t.equal(holds.size, 32)
  t.ok(keptBytes < 16 * 1024 * 1024, `${keptBytes} bytes of 160 MB are left`)
})
