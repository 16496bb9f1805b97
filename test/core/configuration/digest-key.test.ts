import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { MIN_DIGEST_KEY_LENGTH, readDigestKey } from '../../../core/configuration/digest-key.ts'

const LONG = 'x'.repeat(MIN_DIGEST_KEY_LENGTH)

t.test('reads the key alone, whatever else is in the file', async t => {
  const folder = t.testdir({ 'key.txt': `${LONG}\n` })
  const file = join(folder, 'gateway.yaml')
  for (const text of [`digestKey: ${LONG}\nnonsense: true\n`, 'digestKey: ${KEY}\n', 'digestKey: ${file:key.txt}\n']) {
    await writeFile(file, text)
    const key = await readDigestKey(file, { KEY: LONG })
    t.equal(key.reveal(), LONG)
    t.equal(String(key), '[secret]')
  }
})

t.test('refuses a file without a usable key', async t => {
  const file = join(t.testdir(), 'gateway.yaml')
  for (const text of ['', 'digestKey: short\n', 'digestKey: ${NOT_SET}\n', 'digestKey: [a]\n', 'digestKey: "a\n']) {
    await writeFile(file, text)
    await t.rejects(readDigestKey(file, {}), { code: 'TACIT_DIGEST_KEY_MISSING' }, text)
  }
  await t.rejects(readDigestKey(`${file}.none`, {}), { code: 'TACIT_FILE_UNREADABLE' })
})

t.test('finds the key in a file that is included', async t => {
  const folder = t.testdir({ 'gateway.yaml': 'include: keys.yaml\n', 'keys.yaml': 'digestKey: ${KEY}\n' })
  const key = await readDigestKey(join(folder, 'gateway.yaml'), { KEY: 'a key of some length' })
  t.equal(key.reveal(), 'a key of some length')
})
