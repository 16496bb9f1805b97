import t from 'tap'
import { placesIn } from '../../../support/text-places.ts'

t.test('finds the question, the documents and those that come back', async t => {
  t.strictSame(placesIn('rerank', 'request', { model: 'm', query: 'q', documents: ['a', { text: 'b' }] }), [
    'query: text user',
    'documents[0]: text',
    'documents[1].text: text name',
    'documents[1].text: text'
  ])
  t.strictSame(placesIn('rerank', 'response', { data: [{ index: 0, document: 'a', relevance_score: 1 }] }), [
    'data[0].document: text assistant'
  ])
})
