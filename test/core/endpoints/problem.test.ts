import t from 'tap'
import { problemBody } from '../../../core/endpoints/problem.ts'
import { endpointRefusal } from '../../../core/endpoints/reasons.ts'

t.test('is problem details, with what is wrong where', async t => {
  const refused = endpointRefusal('invalid_request')
  const plain = {
    type: 'about:blank',
    title: 'Bad Request',
    status: 400,
    detail: 'The request does not have the form that this endpoint takes.',
    reason: 'invalid_request',
    request_id: 'r-1'
  }
  t.strictSame(JSON.parse(problemBody(refused, 'r-1')), plain)
  t.strictSame(JSON.parse(problemBody(refused, 'r-1', [{ pointer: '/limit', message: 'Too "large".' }])), {
    ...plain,
    errors: [{ pointer: '#/limit', detail: 'Too "large".' }]
  })
})
