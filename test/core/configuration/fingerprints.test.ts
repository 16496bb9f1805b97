import t from 'tap'
import { fingerprint } from '../../../core/configuration/fingerprints.ts'

t.test('is the same for the same values, and for no others', async t => {
  const values = [
    undefined,
    null,
    0,
    '0',
    '',
    [],
    {},
    [null],
    { a: 1 },
    { a: '1' },
    { a: 1, b: 2 },
    Number.NaN,
    Number.POSITIVE_INFINITY,
    { number: 'NaN', more: 1 }
  ]
  for (const [index, value] of values.entries()) {
    for (const [other, another] of values.entries()) {
      t.equal(fingerprint(value) === fingerprint(structuredClone(another)), index === other, `${index} and ${other}`)
    }
  }
})

t.test('tells nothing of a secret', async t => {
  t.match(fingerprint({ secret: 'value-of-the-secret' }), /^[\w-]{43}$/)
})
