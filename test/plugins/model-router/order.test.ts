import { seededRandom } from 'tacit-gateway/testing'
import t from 'tap'
import { inOrder } from '../../../plugins/model-router/order.ts'

interface Choice {
  readonly id: string
  readonly weight?: number
}

const A: Choice = { id: 'a', weight: 3 }
const B: Choice = { id: 'b', weight: 1 }
const C: Choice = { id: 'c' }
const D: Choice = { id: 'd' }

t.test('leaves a list without weights as it is', async t => {
  const choices = [D, C]
  t.equal(
    inOrder(choices, () => 0),
    choices
  )
})

t.test('draws by weight, and puts those without one behind, in their order', async t => {
  const random = seededRandom(7)
  const firsts = new Map<string, number>()
  for (let draw = 0; draw < 4_000; draw++) {
    const order = inOrder([D, A, C, B], random).map(({ id }) => id)
    if (new Set(order).size < 4 || order.slice(2).join() !== 'd,c') t.fail(order.join())
    firsts.set(order[0] ?? '', (firsts.get(order[0] ?? '') ?? 0) + 1)
  }
  const share = (firsts.get('a') ?? 0) / 4_000
  t.ok(Math.abs(share - 0.75) < 0.03, `${share} of the draws`)
  t.equal(firsts.size, 2)
})

t.test('draws the others by weight, too, when the first is out', async t => {
  const random = seededRandom(3)
  let second = 0
  for (let draw = 0; draw < 4_000; draw++) {
    const order = inOrder([A, B, { id: 'e', weight: 1 }], random)
    if (order[0] === A && order[1] === B) second++
  }
  const share = second / 4_000
  t.ok(Math.abs(share - 0.3) < 0.03, `${share}: three fifths times a half`)
})

t.test('dice that show the last bit draw the last', async t => {
  t.strictSame(
    inOrder([A, B], () => 1 - Number.EPSILON / 2).map(({ id }) => id),
    ['b', 'a']
  )
})
