import t from 'tap'
import { ERROR, ERROR_MEMBERS, RPC_ERROR } from '../../../../core/dialects/text/errors.ts'
import { object, type Shape } from '../../../../core/dialects/text/shape.ts'
import { visitText } from '../../../../core/dialects/text/walk.ts'

function texts(shape: Shape, value: unknown): readonly string[] {
  const found: string[] = []
  visitText(shape, value, place => {
    if (place.kind === 'text' && !place.isName) found.push(place.path().join('.'))
  })
  return found
}

t.test('an error is a sentence, or an object in which all but its words is text', async t => {
  t.strictSame(texts(ERROR, 'no'), [''])
  t.strictSame(texts(ERROR, { type: 't', code: 'c', message: 'm', metadata: { raw: 'r' }, new: ['n'] }), [
    'message',
    'metadata.raw',
    'new.0'
  ])
})

t.test('an error may also stand at the top of a body', async t => {
  t.strictSame(texts(object(ERROR_MEMBERS), { object: 'error', message: 'm', detail: [{ msg: 'd', loc: ['body'] }] }), [
    'message',
    'detail.0.msg',
    'detail.0.loc.0'
  ])
})

t.test('a status of google.rpc tells its details', async t => {
  const details = [
    { '@type': 't', reason: 'r', metadata: { service: 's' } },
    { links: [{ description: 'd', url: 'u' }] }
  ]
  t.strictSame(texts(RPC_ERROR, { code: 400, status: 'INVALID_ARGUMENT', message: 'm', details }), [
    'message',
    'details.0.metadata.service',
    'details.1.links.0.description',
    'details.1.links.0.url'
  ])
})
