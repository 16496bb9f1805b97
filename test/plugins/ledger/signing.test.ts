import t from 'tap'
import { digestOf, isSigned, newKey, readSecretKey, signed } from '../../../plugins/ledger/signing.ts'

/** RFC 8032, 7.1, test 1. */
const SECRET = `ed25519-secret:${Buffer.from('9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60', 'hex').toString('base64url')}`
const PUBLIC = `ed25519:${Buffer.from('d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a', 'hex').toString('base64url')}`

function keyOf(text: string) {
  const key = readSecretKey(text)
  if (key === undefined) throw new TypeError('no key')
  return key
}

t.test('reads the secret half of a key, and knows the other', async t => {
  t.equal(keyOf(` ${SECRET}\n`).public, PUBLIC)
  const made = newKey()
  t.equal(keyOf(made.secret).public, made.public)
  for (const text of ['', PUBLIC, SECRET.slice(0, -1), `${SECRET}A`]) t.equal(readSecretKey(text), undefined)
})

t.test('what was signed is known again after a way through JSON, and nothing else is', async t => {
  const said = { lines: [{ model: 'small', costNano: '12' }], month: '2026-11' }
  const receipt = JSON.parse(JSON.stringify(signed(said, keyOf(SECRET)), null, 2))
  t.ok(isSigned(receipt.statement, receipt.signature, PUBLIC))
  t.notOk(isSigned({ ...receipt.statement, month: '2026-12' }, receipt.signature, PUBLIC))
  t.notOk(isSigned(receipt.statement, receipt.signature, newKey().public), 'the key must be the one that is trusted')
  const forged = signed({ ...said, month: '2026-12' }, keyOf(newKey().secret))
  t.notOk(isSigned(forged.statement, { ...forged.signature, key: PUBLIC }, PUBLIC))
  for (const change of [{ algorithm: 'none' }, { value: '' }, { value: 'A'.repeat(86) }, { key: 1 }]) {
    t.notOk(isSigned(receipt.statement, { ...receipt.signature, ...change }, PUBLIC))
  }
  t.notOk(isSigned({ month: 1.5 }, receipt.signature, PUBLIC))
  t.notOk(isSigned(receipt.statement, undefined, PUBLIC))
  t.notOk(isSigned(receipt.statement, receipt.signature, 'ed25519:x'))
})

t.test('a digest is that of what is said, not of how it is written', async t => {
  t.equal(digestOf({ a: 1, b: 2 }), digestOf({ b: 2, a: 1 }))
  t.not(digestOf({ a: 1 }), digestOf({ a: 2 }))
})
