import t from 'tap'
import { DIALECTS, factsOf, recogniseDialect } from '../../../core/dialects/index.ts'

t.test('every dialect is named once, and its facts are its own', async t => {
  t.equal(new Set(DIALECTS).size, DIALECTS.length)
  t.equal(new Set(DIALECTS.map(factsOf)).size, DIALECTS.length)
})

t.test('what a path is recognised as is one of them', async t => {
  for (const path of ['/v1/chat/completions', '/v1/messages', '/v1/responses', '/orders/7']) {
    t.ok(DIALECTS.includes(recogniseDialect(path)), path)
  }
})
