import t from 'tap'
import { Sweeper } from '../../../core/store/sweeper.ts'

function setUp() {
  const map = new Map<string, number>()
  const sweeper = new Sweeper(map, (value, nowMs) => value <= nowMs)
  return { map, sweeper, add: (from: number, to: number) => add(map, from, to) }
}

function add(map: Map<string, number>, from: number, to: number): void {
  for (let value = from; value < to; value++) map.set(`${value}`, value)
}

t.test('drops what is idle and keeps the rest, a few at a time', async t => {
  const { map, sweeper, add } = setUp()
  add(0, 10)
  sweeper.step(3, 4)
  t.equal(map.size, 7)
  sweeper.step(100, 4)
  t.strictSame([...map.values()], [5, 6, 7, 8, 9])
})

t.test('goes round again, and sees what became idle or was added meanwhile', async t => {
  const { map, sweeper, add } = setUp()
  add(1, 4)
  for (let turn = 0; turn < 3; turn++) sweeper.step(2, 0)
  t.equal(map.size, 3)
  add(4, 6)
  for (let turn = 0; turn < 6; turn++) sweeper.step(2, 5)
  t.equal(map.size, 0)
})

t.test('stays within twice of what is needed when it steps by three with each that is added', async t => {
  const { map, sweeper } = setUp()
  let largest = 0
  for (let value = 0; value < 50_000; value++) {
    sweeper.step(3, value - 100)
    map.set(`${value}`, value)
    largest = Math.max(largest, map.size)
  }
  t.ok(largest <= 200, `${largest} were kept for 100`)
})
