import t from 'tap'
import { HeaderList } from '../../../../core/pipeline/headers.ts'
import { OutgoingDraft, Reply } from '../../../../core/pipeline/messages.ts'
import { CollectedBody } from '../../../../core/pipeline/request-body.ts'
import {
  type Watcher,
  watchedRequest,
  watchedResponse,
  watchedUpstreamRequest
} from '../../../../core/testing/contract/watched-messages.ts'

function watching() {
  const told: string[] = []
  const watcher: Watcher = {
    readHeader: name => void told.push(`read ${name}`),
    touched: body => void told.push(`touched ${body}`),
    call: (where, work) => {
      told.push(`called ${where}`)
      return work()
    },
    aside: work => work(),
    passedLate: where => void told.push(`late ${where}`),
    changed: where => void told.push(`changed ${where}`)
  }
  return { told, watcher }
}

function bodyOf(content: string): CollectedBody {
  const body = new CollectedBody()
  body.fill(Buffer.from(content))
  body.readable = true
  return body
}

t.test('a request is as it was, and tells which headers were read and that its body was', async t => {
  const { told, watcher } = watching()
  const headers = new HeaderList(['cookie', 'a', 'accept', 'b'])
  const request = watchedRequest(
    { method: 'POST', target: '/x', clientIp: '192.0.2.1', headers, body: bodyOf('{"a":1}') },
    watcher
  )
  t.match(request, { method: 'POST', target: '/x', clientIp: '192.0.2.1' })
  t.equal(request.headers.get('Cookie'), 'a')
  t.strictSame(request.headers.getAll('accept'), ['b'])
  t.equal([...request.headers.entries()].length, 2)
  t.strictSame(told.splice(0), ['read cookie', 'read accept', 'read cookie', 'read accept'])
  t.strictSame(request.body.scan(['a']), [1])
  request.body.replace('{"a":2}')
  request.body.splice([{ start: 5, end: 6, text: '3' }])
  t.equal(Buffer.from(request.body.bytes()).toString(), '{"a":3}')
  t.strictSame(told, Array(4).fill('touched request-body'))
})

t.test('edits of a request to a peer arrive', async t => {
  const { watcher } = watching()
  const draft = new OutgoingDraft('GET', '/a', new HeaderList(['a', '1', 'b', '2']), bodyOf(''))
  const request = watchedUpstreamRequest(draft, watcher)
  request.method = 'PUT'
  request.target = `${request.target}b`
  request.headers.set('a', '3')
  request.headers.append('c', '4')
  request.headers.delete('b')
  t.equal(request.method, 'PUT')
  t.match(draft, { method: 'PUT', target: '/ab' })
  t.strictSame(draft.headers.flat, ['a', '3', 'c', '4'])
})

t.test('a response tells what was attached, what passes too late and what is changed', async t => {
  const { told, watcher } = watching()
  const reply = new Reply('upstream', 200, [], false)
  reply.body.readable = true
  const response = watchedResponse(reply, watcher)
  response.status = 201
  t.equal(reply.status, 201)
  let late = (_bytes: Uint8Array) => {}
  response.body.observe({ chunk: bytes => void bytes.fill(1), end: () => {} }, 'client')
  response.body.transformBytes({
    chunk: (_bytes, out) => {
      late = out
    },
    end: () => {}
  })
  const [transform] = reply.body.transforms
  const passed: Uint8Array[] = []
  if (transform?.over === 'bytes') transform.transform.chunk(Buffer.from('a'), bytes => void passed.push(bytes))
  late(Buffer.from('b'))
  t.equal(passed.length, 1)
  reply.body.clientTaps[0]?.chunk?.(Buffer.from('c'))
  t.strictSame(told, [
    'touched response-body',
    'touched response-body',
    'called chunk',
    'late chunk',
    'called observer.chunk',
    'changed chunk'
  ])
})
