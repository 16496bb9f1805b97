import t from 'tap'
import { canonicalJson } from '../../../plugins/ledger/canonical.ts'

t.test('the same value has the same bytes, whoever has written it', async t => {
  const text = '{"a":[1,true,null,"ü\\n"],"b":{"A":-2,"a":"x"}}'
  t.equal(canonicalJson({ b: { a: 'x', A: -2 }, gone: undefined, a: [1, true, null, 'ü\n'] }), text)
  t.equal(canonicalJson(JSON.parse(` { "b" : {"A":-2.0,"a":"x"}, "a":[1,true,null,"\\u00fc\\n"] } `)), text)
  t.equal(canonicalJson({ '\u{1f600}': 1, '\ufb33': 2 }), '{"\u{1f600}":1,"\ufb33":2}', 'by UTF-16 code units')
})

t.test('refuses what could be rounded, or is no JSON', async t => {
  for (const value of [1.5, 2 ** 53, Number.NaN, undefined, 1n, () => 1])
    t.throws(() => canonicalJson(value), TypeError)
})
