import { Type } from '@sinclair/typebox'
import t from 'tap'
import { unitOf } from '../../../core/configuration/units.ts'
import { ByteSize, Digest, Duration, MoneyAmount, Secret, Share } from '../../../core/plugin.ts'

t.test('knows every unit of the contract', async t => {
  const nouns = [Duration(), ByteSize(), MoneyAmount(), Share(), Secret(), Digest()].map(schema => unitOf(schema)?.noun)
  t.strictSame(nouns, [
    'a duration',
    'a size',
    'an amount of money',
    'a share',
    'a secret',
    'the digest of a credential'
  ])
})

t.test("takes a plugin's own unit at its word", async t => {
  t.strictSame(unitOf(Type.String({ unit: 'header name', description: 'Which header.' })), {
    code: 'TACIT_VALUE_INVALID',
    noun: 'a header name',
    cure: 'Which header.'
  })
  t.equal(unitOf(Type.String({ unit: 'alias' }))?.noun, 'an alias')
  t.equal(unitOf(Type.String({ unit: 'constructor' }))?.noun, 'a constructor')
})

t.test('knows that most schemas have none', async t => {
  t.equal(unitOf(Type.String()), undefined)
  t.equal(unitOf(Type.Integer({ unit: 5 })), undefined)
})
