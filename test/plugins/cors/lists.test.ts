import t from 'tap'
import { hasToken, tokensOf } from '../../../plugins/cors/lists.ts'

t.test('finds a token among others, in any case', async t => {
  t.equal(hasToken('accept, Origin ,x', 'origin'), true)
  t.equal(hasToken('accept,originally', 'origin'), false)
  t.equal(hasToken('', 'origin'), false)
})

t.test('lists tokens as they stand, and leaves out what is none', async t => {
  t.strictSame(tokensOf('authorization, X-Stainless-OS,,  x_y '), ['authorization', 'X-Stainless-OS', 'x_y'])
  t.strictSame(tokensOf('a b, x\r\nset-cookie: y, "q", ü'), [])
  t.strictSame(tokensOf(''), [])
})
