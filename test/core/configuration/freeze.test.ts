import t from 'tap'
import { freeze } from '../../../core/configuration/freeze.ts'
import { SecretText } from '../../../core/plugin.ts'

t.test('freezes blocks and lists all the way down', async t => {
  const value = freeze({ list: [{ a: 1 }], nothing: null })
  t.ok([value, value.list, value.list[0]].every(Object.isFrozen))
})

t.test('leaves instances of classes usable', async t => {
  const pattern = /a/g
  const { secret } = freeze({ pattern, secret: new SecretText('x'), map: new Map() })
  t.ok(pattern.test('a'))
  pattern.lastIndex = 0
  t.equal(secret.reveal(), 'x')
})

t.test('ends on values that hold themselves', async t => {
  const value: { self?: unknown } = {}
  value.self = value
  t.ok(Object.isFrozen(freeze(value)))
})
