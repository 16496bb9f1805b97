import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { main } from '../../../core/cli/main.ts'
import { keyedDigest } from '../../../core/identity/digest.ts'
import { TestTerminal } from '../../support/terminal.ts'

const DIGEST_KEY = 'a digest key of some length'
const environment = { TACIT_DIGEST_KEY: DIGEST_KEY }

async function configuration(t: { testdir(): string }, text = 'digestKey: ${TACIT_DIGEST_KEY}\n'): Promise<string> {
  const file = join(t.testdir(), 'gateway.yaml')
  await writeFile(file, text)
  return file
}

t.test('digests a key from standard input, before the rest of the configuration is in order', async t => {
  const file = await configuration(t)
  for (const line of ['a-key', 'a-key\n', 'a-key\r\n']) {
    const terminal = new TestTerminal(line, environment)
    t.equal(await main(['key', 'hash', '--config', file], terminal), 0)
    t.equal(terminal.printed, `${keyedDigest(DIGEST_KEY, 'a-key')}\n`)
  }
})

t.test('prints the digest as JSON', async t => {
  const terminal = new TestTerminal('a-key', environment)
  t.equal(await main(['key', 'hash', '--json', '--config', await configuration(t)], terminal), 0)
  t.strictSame(JSON.parse(terminal.printed), { keyHash: keyedDigest(DIGEST_KEY, 'a-key') })
})

t.test('makes a new key each time, and its digest', async t => {
  const file = await configuration(t)
  const made = new Set<string>()
  for (let count = 0; count < 3; count++) {
    const terminal = new TestTerminal('', environment)
    t.equal(await main(['key', 'new', '-c', file, '--json'], terminal), 0)
    const { key, keyHash } = JSON.parse(terminal.printed)
    t.match(key, /^tacit_[0-9A-Za-z]{43}$/)
    t.equal(keyHash, keyedDigest(DIGEST_KEY, key))
    made.add(key)
  }
  t.equal(made.size, 3)
})

t.test('refuses what is no key, and does not repeat it', async t => {
  const file = await configuration(t)
  for (const text of ['', 'two words', 'x'.repeat(513)]) {
    const terminal = new TestTerminal(text, environment)
    t.equal(await main(['key', 'hash', '--config', file], terminal), 1)
    t.equal(terminal.printed, '')
    t.equal(terminal.complained, 'TACIT_KEY_INVALID\n  A key has 1 to 512 characters and no white space.\n')
  }
})

t.test('asks for a digest key that is there and long enough', async t => {
  for (const [text, given] of [
    ['version: 1\n', environment],
    ['digestKey: ${TACIT_DIGEST_KEY}\n', {}],
    ['digestKey: ${TACIT_DIGEST_KEY}\n', { TACIT_DIGEST_KEY: 'short' }]
  ] as const) {
    const terminal = new TestTerminal('a-key', given)
    t.equal(await main(['key', 'hash', '--config', await configuration(t, text)], terminal), 1)
    t.match(terminal.complained, /TACIT_DIGEST_KEY_MISSING/)
    t.notMatch(terminal.complained, 'short')
  }
})

t.test('says why a configuration cannot be read', async t => {
  const file = join(t.testdir(), 'none.yaml')
  for (const command of ['new', 'hash']) {
    const terminal = new TestTerminal('a-key')
    t.equal(await main(['key', command, '--config', file], terminal), 1)
    t.match(terminal.complained, /TACIT_FILE_UNREADABLE\n.*none\.yaml" could not be read \(ENOENT\)\. Check the path/)
  }
})
