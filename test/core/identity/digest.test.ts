import { Value } from '@sinclair/typebox/value'
import t from 'tap'
import { keyedDigest, newApiKey } from '../../../core/identity/digest.ts'
import { Digest } from '../../../core/plugin.ts'

t.test('digests as RFC 4231 says, test cases 1 and 2', async t => {
  const digest = (hex: string) => `hmac-sha256:${Buffer.from(hex, 'hex').toString('base64url')}`
  t.equal(
    keyedDigest(new Uint8Array(20).fill(0x0b), 'Hi There'),
    digest('b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7')
  )
  t.equal(
    keyedDigest('Jefe', 'what do ya want for nothing?'),
    digest('5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843')
  )
})

t.test('takes text for its UTF-8 bytes', async t => {
  t.equal(keyedDigest('schlüssel', 'クレデンシャル'), keyedDigest(Buffer.from('schlüssel', 'utf8'), 'クレデンシャル'))
})

t.test('makes digests that the contract takes', async t => {
  for (let number = 0; number < 100; number++) {
    t.equal(Value.Check(Digest(), keyedDigest('a key of some length', `credential ${number}`)), true)
  }
})

t.test('makes keys of a prefix and 43 letters and digits, no two alike', async t => {
  const keys = new Set<string>()
  for (let number = 0; number < 1000; number++) keys.add(newApiKey())
  t.equal(keys.size, 1000)
  for (const key of keys) if (!/^tacit_[0-9A-Za-z]{43}$/.test(key)) t.fail(key)
})

t.test('loses no bit of the bytes it is given', async t => {
  t.equal(newApiKey(new Uint8Array(32)), `tacit_${'0'.repeat(43)}`)
  t.equal(newApiKey(new Uint8Array(32).fill(0xff)), 'tacit_yhjskwdA6OZ1AL1YmHWZWm8LLG7HjnuCA2j5rOw8Xp1')
  const keys = new Set<string>()
  for (let bit = 0; bit < 256; bit++) {
    const bytes = new Uint8Array(32)
    bytes[bit >> 3] = 1 << (bit & 7)
    keys.add(newApiKey(bytes))
  }
  t.equal(keys.size, 256)
  t.throws(() => newApiKey(new Uint8Array(31)), RangeError)
})
