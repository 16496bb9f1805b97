import t from 'tap'
import type { Claim } from '../../../core/plugin.ts'
import { type Block, lifeOf, OpenBlock, Supply } from '../../../core/store/supply.ts'

const claim: Claim = { counter: 'a/b/c', algorithm: 'gcra', limit: 1_000, windowMs: 60_000, amount: 2, sync: 'lease' }
const blockOf = (units: number, untilMs = 1_000): Block => ({ claim, units, untilMs, remaining: 0, resetMs: 0 })

t.test('a block gives out what it has, until its time is over', async t => {
  const supply = new Supply(claim, undefined)
  t.equal(supply.has(1, 0), undefined)
  supply.block = new OpenBlock(blockOf(10))
  const block = supply.has(10, 999)
  t.equal(block, supply.block)
  t.equal(supply.has(11, 0), undefined)
  t.equal(supply.has(1, 1_000), undefined)
  block?.give(6, true)
  t.strictSame([block?.left, block?.used, block?.open], [4, 6, 1])
  t.equal(block !== undefined && supply.isLow(block), true)
})

t.test('what comes to something else is told apart once the block was told of', async t => {
  const block = new OpenBlock(blockOf(10))
  for (let count = 0; count < 4; count++) block.give(2, true)
  block.settle(-1)
  t.strictSame([block.left, block.used], [3, 7])
  block.isReleased = true
  block.settle(-2)
  block.settle(5)
  block.undo(2, true)
  t.strictSame([block.used, block.back, block.extra, block.open], [7, 4, 5, 0])
})

t.test('takes more where blocks do not last, less where they do, and never much of the limit', async t => {
  const supply = new Supply(claim, undefined)
  t.equal(supply.want(claim), 16)
  const short = new OpenBlock(blockOf(40))
  short.give(40, false)
  supply.learn(short, 500)
  t.equal(supply.want(claim), 80)
  supply.learn(new OpenBlock(blockOf(5_000)), 500)
  t.equal(supply.want(claim), 100, 'a tenth of the limit')
  t.equal(supply.want({ ...claim, burst: 50 }), 5)
  t.equal(supply.want({ ...claim, amount: 600 }), 600, 'but what is asked for')
  supply.learn(new OpenBlock(blockOf(60)), 1_000)
  t.equal(supply.want(claim), 30)
})

t.test('leaves the source alone for a moment after it had nothing', async t => {
  const supply = new Supply(claim, undefined)
  t.equal(supply.emptyMs(5, 0), 0)
  supply.ranOut(5, 1_000, 0)
  t.strictSame([supply.emptyMs(5, 10), supply.emptyMs(4, 10), supply.emptyMs(5, 25)], [990, 0, 0])
  supply.ranOut(3, Number.POSITIVE_INFINITY, 30)
  t.equal(supply.emptyMs(3, 40), Number.POSITIVE_INFINITY)
})

t.test('units may be used for a part of their window, and a second at most', async t => {
  t.equal(lifeOf(claim), 1_000)
  t.equal(lifeOf({ ...claim, windowMs: 1_005 }), 101)
  t.equal(lifeOf({ counter: 'a', algorithm: 'total' }), 1_000)
})
