import fc from 'fast-check'
import t from 'tap'
import { ANY_REFERENCE, WHOLE_REFERENCE } from '../../../core/configuration/references.ts'
import { referencesIn } from '../../../core/configuration/secrets.ts'

const any = new RegExp(ANY_REFERENCE, 'u')
const whole = new RegExp(WHOLE_REFERENCE, 'u')

t.test('tells references from text, and whole ones from those inside a text', async t => {
  const judged = (text: string) => [any.test(text), whole.test(text)]
  t.strictSame(Object.fromEntries(['${A}', '${A:-80}', '${file:a/b}', '${A:-}'].map(text => [text, judged(text)])), {
    '${A}': [true, true],
    '${A:-80}': [true, true],
    '${file:a/b}': [true, true],
    '${A:-}': [true, true]
  })
  t.strictSame(
    Object.fromEntries(
      ['Bearer ${A}', '${A}s', '${A}${B}', ' ${A}', '$${A}', '${}', '${A', '$A', 'A', ''].map(text => [
        text,
        judged(text)
      ])
    ),
    {
      'Bearer ${A}': [true, false],
      '${A}s': [true, false],
      '${A}${B}': [true, false],
      ' ${A}': [true, false],
      '$${A}': [false, false],
      '${}': [false, false],
      '${A': [false, false],
      $A: [false, false],
      A: [false, false],
      '': [false, false]
    }
  )
})

t.test('whatever the gateway puts values into fits', async t => {
  const piece = fc.constantFrom('${', '}', '$', '{', 'A', '9', ':-', 'file:', '/', '\n', '${A}', '${B:-x}', '${file:y}')
  const texts = fc.array(piece, { maxLength: 8 }).map(pieces => pieces.join(''))
  fc.assert(
    fc.property(texts, text => {
      const parts = referencesIn(text)
      if (parts.some(({ kind }) => kind === 'malformed')) return
      const references = parts.filter(({ kind }) => kind === 'variable' || kind === 'file')
      // An editor that underlined what the gateway takes would be wrong; the other way round the gateway still refuses.
      if (references.length > 0 && !any.test(text)) throw new Error('a reference is not seen')
      if (references.length === 1 && parts.length === 1 && !whole.test(text)) throw new Error('it is not seen as whole')
      if (references.length === 0 && any.test(text)) throw new Error('there is none')
    }),
    { numRuns: 2_000 }
  )
  t.pass('2,000 texts')
})
