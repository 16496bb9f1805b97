import t from 'tap'
import { SecretText } from '../../../core/plugin.ts'
import { LocalMasterKey } from '../../../core/records/master-key.ts'
import { masterKey } from './support.ts'

t.test('seals and opens keys', async t => {
  const key = Buffer.alloc(32, 7)
  const wrapped = await masterKey().wrap(key)
  t.strictSame(Buffer.from(await masterKey().unwrap(wrapped)), key)
  t.notOk(Buffer.from(wrapped).includes(key))
  await t.rejects(masterKey('6b').unwrap(wrapped), { code: 'TACIT_SEAL_BROKEN' })
})

t.test('has an id that tells keys apart and nothing more', async t => {
  t.equal(masterKey().id, masterKey().id)
  t.not(masterKey().id, masterKey('6b').id)
  t.match(masterKey().id, /^local:[0-9a-f]{16}$/)
})

t.test('is the same in hexadecimal and in base64 digits', async t => {
  const bytes = Buffer.alloc(32, 0xfb)
  const ids = ['hex', 'base64', 'base64url'].map(
    form => new LocalMasterKey(new SecretText(`${bytes.toString(form as BufferEncoding)}\n`)).id
  )
  t.equal(new Set(ids).size, 1)
})

t.test('refuses what is no key, without repeating it', async t => {
  for (const text of ['', 'password', 'ab'.repeat(31), 'zz'.repeat(32)]) {
    t.throws(() => new LocalMasterKey(new SecretText(text)), {
      code: 'TACIT_MASTER_KEY_INVALID',
      message: /^The master key/
    })
  }
})
