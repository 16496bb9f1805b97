import fc from 'fast-check'
import t from 'tap'
import { blockKey, blockPlace, derive, newKey, SEAL_BYTES, seal, token, unseal } from '../../../core/records/sealing.ts'

const content = Buffer.from('some rows')

t.test('opens what it has sealed, with the same key at the same place', async t => {
  const key = newKey()
  const sealed = seal(key, 'here', content)
  t.equal(sealed.length, content.length + SEAL_BYTES)
  t.strictSame(unseal(key, 'here', sealed), content)
  t.not(seal(key, 'here', content).equals(sealed), true, 'never the same twice')
})

t.test('opens nothing in which a single bit is another', async t => {
  const key = newKey()
  const sealed = seal(key, 'here', content)
  for (let bit = 0; bit < sealed.length * 8; bit++) {
    const flipped = Buffer.from(sealed)
    flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7))
    t.throws(() => unseal(key, 'here', flipped), { code: 'TACIT_SEAL_BROKEN' })
  }
})

t.test('opens nothing that was cut, moved or sealed with another key', async t => {
  const key = newKey()
  const sealed = seal(key, blockPlace('a.b', '2026-01-01', 1, 1), content)
  for (let length = 0; length < sealed.length; length++) {
    t.throws(() => unseal(key, blockPlace('a.b', '2026-01-01', 1, 1), sealed.subarray(0, length)), {
      code: 'TACIT_SEAL_BROKEN'
    })
  }
  for (const place of [
    blockPlace('a.c', '2026-01-01', 1, 1),
    blockPlace('a.b', '2026-01-02', 1, 1),
    blockPlace('a.b', '2026-01-01', 2, 1),
    blockPlace('a.b', '2026-01-01', 1, 2)
  ]) {
    t.throws(() => unseal(key, place, sealed), { code: 'TACIT_SEAL_BROKEN' })
  }
  t.throws(() => unseal(newKey(), blockPlace('a.b', '2026-01-01', 1, 1), sealed), { code: 'TACIT_SEAL_BROKEN' })
})

t.test('needs both keys for the rows of a subject', async t => {
  const day = newKey()
  const subject = newKey()
  const sealed = seal(blockKey(day, subject), 'here', content)
  t.strictSame(unseal(blockKey(day, subject), 'here', sealed), content)
  for (const key of [blockKey(day, undefined), blockKey(newKey(), subject), blockKey(day, newKey())]) {
    t.throws(() => unseal(key, 'here', sealed), { code: 'TACIT_SEAL_BROKEN' })
  }
})

t.test('derives keys and tokens that tell nothing of each other', async t => {
  const key = newKey()
  t.strictSame(derive(key, 'one'), derive(key, 'one'))
  t.notOk(derive(key, 'one').equals(derive(key, 'two')))
  t.equal(token(key, 'someone').length, 16)
  fc.assert(fc.property(fc.string(), fc.string(), (a, b) => a === b || !token(key, a).equals(token(key, b))))
})

t.test('never uses a nonce twice', async t => {
  const key = newKey()
  const nonces = new Set(Array.from({ length: 5_000 }, () => seal(key, '', content).toString('hex', 0, 12)))
  t.equal(nonces.size, 5_000)
})
