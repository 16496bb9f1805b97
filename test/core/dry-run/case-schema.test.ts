import t from 'tap'
import { checkCases } from '../../../core/dry-run/case-schema.ts'
import { casesOf } from '../../support/dry.ts'

const REQUEST = { path: '/' }
const EXPECT = { status: 200 }

/** What is wrong with a file of one case, as far as the schema lets it be. */
function wrong(given: object, file: object = {}) {
  return checkCases(casesOf({ ...file, cases: [{ name: 'one', ...given }] })).map(({ code, path }) => [code, ...path])
}

t.test('a case is one request or several steps', async t => {
  t.strictSame(wrong({ request: REQUEST, expect: EXPECT }), [])
  t.strictSame(wrong({ steps: [{ request: REQUEST, expect: EXPECT }] }), [])
  const form = [['TACIT_CASE_FORM', 'cases', 0, 'name']]
  t.strictSame(wrong({}), form)
  t.strictSame(wrong({ request: REQUEST }), form)
  t.strictSame(wrong({ request: REQUEST, expect: EXPECT, steps: [{ request: REQUEST, expect: EXPECT }] }), form)
})

t.test('a body is written in one way', async t => {
  const both = { path: '/', body: '{}', json: {} }
  t.strictSame(wrong({ request: both, expect: EXPECT }), [['TACIT_CASE_FORM', 'cases', 0, 'request', 'json']])
  t.strictSame(wrong({ steps: [{ request: both, expect: EXPECT }] }), [
    ['TACIT_CASE_FORM', 'cases', 0, 'steps', 0, 'request', 'json']
  ])
})

t.test('the clock begins on a day that exists', async t => {
  t.strictSame(wrong({ request: REQUEST, expect: EXPECT }, { at: '2026-13-01T00:00:00Z' }), [
    ['TACIT_VALUE_INVALID', 'at']
  ])
})
