import fc from 'fast-check'
import type { HeadersView } from 'tacit-gateway/plugin'
import t from 'tap'
import { HeaderList } from '../../../core/pipeline/headers.ts'
import { type KeyHeader, keyIn, MAX_KEY_LENGTH, presentedKey } from '../../../plugins/key-auth/presented.ts'

const PLACES: readonly KeyHeader[] = [
  { name: 'authorization', scheme: 'bearer' },
  { name: 'x-api-key', scheme: '' },
  { name: 'x-goog-api-key', scheme: '' }
]
const headers = (...flat: string[]): HeadersView => new HeaderList(flat)
const presented = (...flat: string[]) => presentedKey(headers(...flat), PLACES)

t.test('finds a bearer key', async t => {
  t.strictSame(presented('authorization', 'Bearer sk-1'), { key: 'sk-1' })
})

t.test('finds a key in each further header', async t => {
  t.strictSame(presented('x-api-key', 'sk-2'), { key: 'sk-2' })
  t.strictSame(presented('host', 'a', 'x-goog-api-key', 'sk-3'), { key: 'sk-3' })
})

t.test('finds nothing where there is nothing', async t => {
  t.strictSame(presented(), { refusal: 'missing_api_key' })
  t.strictSame(presented('authorization', ''), { refusal: 'missing_api_key' })
  t.strictSame(presented('authorization', 'Bearer '), { refusal: 'missing_api_key' })
  t.strictSame(presented('x-api-key', '  '), { refusal: 'missing_api_key' })
})

t.test('another scheme carries no key', async t => {
  t.strictSame(presented('authorization', 'Basic c2stMTo='), { refusal: 'missing_api_key' })
  t.strictSame(presented('authorization', 'Basic c2stMTo=', 'x-api-key', 'sk-2'), { key: 'sk-2' })
})

t.test('two keys are ambiguous, even when they are the same', async t => {
  const refused = { refusal: 'ambiguous_api_key' }
  t.strictSame(presented('authorization', 'Bearer sk-1', 'x-api-key', 'sk-2'), refused)
  t.strictSame(presented('authorization', 'Bearer sk-1', 'x-api-key', 'sk-1'), refused)
})

t.test('two lines of one header are ambiguous', async t => {
  const refused = { refusal: 'ambiguous_api_key' }
  t.strictSame(presented('authorization', 'Bearer sk-1', 'authorization', 'Bearer sk-2'), refused)
  t.strictSame(presented('authorization', 'Bearer sk-1', 'authorization', 'Basic x'), refused)
  t.strictSame(presented('x-api-key', 'sk-1', 'x-api-key', 'sk-1'), refused)
})

t.test('a key of the greatest length is taken, a longer one is not known', async t => {
  const longest = 'k'.repeat(MAX_KEY_LENGTH)
  t.strictSame(presented('x-api-key', longest), { key: longest })
  t.strictSame(presented('x-api-key', `${longest}k`), { refusal: 'unknown_api_key' })
})

t.test('reads the scheme in any case and any number of spaces after it', async t => {
  t.equal(keyIn('bEaReR   sk-1', 'bearer'), 'sk-1')
  t.equal(keyIn('Bearer\tsk-1', 'bearer'), undefined)
  t.equal(keyIn('Bearersk-1', 'bearer'), undefined)
  t.equal(keyIn('sk-1', 'bearer'), undefined)
  t.equal(keyIn('', 'bearer'), undefined)
})

t.test('every key comes out as it went in', async () => {
  const keys = fc.stringMatching(/^[!-~]{1,200}$/)
  fc.assert(fc.property(keys, key => keyIn(`Bearer ${key}`, 'bearer') === key && keyIn(key, '') === key))
})
