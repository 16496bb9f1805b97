import t from 'tap'
import { wordsIn } from '../../../core/configuration/words-in.ts'

t.test('finds texts and keys at any depth, and nothing else', async t => {
  t.strictSame(
    [...wordsIn({ to: [{ small: 'eu' }, 'us'], max: 3, on: true, none: null })],
    ['to', 'small', 'eu', 'us', 'max', 'on', 'none']
  )
  t.strictSame([...wordsIn('alone')], ['alone'])
  const known = new Set(['before'])
  wordsIn('after', known)
  t.strictSame([...known], ['before', 'after'])
})
