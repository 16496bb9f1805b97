import t from 'tap'
import { draftFor, frame, isEventStream, passingHeaders, Reply } from '../../../core/pipeline/messages.ts'
import { ManualClock } from '../../support/clock.ts'
import { exchangeOf } from '../../support/exchanges.ts'
import { planOf, type RouteGiven, stepOf, upstreamAt } from '../../support/plans.ts'

const clock = new ManualClock()

/** What leaves for a peer at `url`. */
function draft(
  given: Parameters<typeof exchangeOf>[1],
  { url = 'http://peer.test', hostHeader = 'peer', route = {} as RouteGiven, editsBody = false } = {}
) {
  const upstream = upstreamAt(clock, [url], { hostHeader })
  const [peer] = upstream.peers
  if (peer === undefined) throw new TypeError('no peer')
  const exchange = exchangeOf(planOf([{ upstream }], route), given)
  if (given?.hasBody) exchange.downstream.body.fill(Buffer.from('body'))
  return { exchange, draft: draftFor(exchange, upstream, peer, editsBody) }
}

function targets(route: RouteGiven, url: string, ...sent: readonly string[]): readonly string[] {
  return sent.map(target => draft({ target }, { route, url }).draft.target)
}

t.test('a target is passed on byte for byte', async t => {
  const odd = ['/', '//a//b', '/%2e%2E/a?b=%zz&c=d?e#f', '/ü', '?', '*']
  t.strictSame(targets({}, 'http://peer.test', ...odd), odd)
})

t.test('the path of the peer stands in front', async t => {
  t.strictSame(targets({}, 'http://peer.test/base', '/a?b', '/'), ['/base/a?b', '/base/'])
  t.strictSame(targets({}, 'http://peer.test/base/', '/a'), ['/base/a'])
})

t.test('a prefix is stripped where it is one', async t => {
  for (const stripPrefix of ['/api', '/api/']) {
    t.strictSame(
      targets(
        { stripPrefix },
        'http://peer.test',
        '/api/v1/x?a',
        '/api/',
        '/api',
        '/api?q',
        '/api//x',
        '/apiary',
        '/v/api/'
      ),
      ['/v1/x?a', '/', '/', '/?q', '//x', '/apiary', '/v/api/']
    )
  }
  t.strictSame(targets({ stripPrefix: '/' }, 'http://peer.test', '/a', '/'), ['/a', '/'])
})

t.test('a rewritten path keeps the query', async t => {
  t.strictSame(targets({ rewrite: '/new' }, 'http://peer.test/b', '/old?a=?', '/old', '/?'), [
    '/b/new?a=?',
    '/b/new',
    '/b/new?'
  ])
})

t.test('the Host is the peer’s, the client’s or a fixed one', async t => {
  const hosts = ['peer', 'client', 'inner.test'].map(hostHeader => draft({}, { hostHeader }).draft.headers.get('host'))
  t.strictSame(hosts, [undefined, 'gateway.test', 'inner.test'])
})

t.test('headers are the exchange’s own copy, with its id', async t => {
  const outgoingHeaders = Object.freeze(['a', '1', 'a', '2'])
  const { draft: first, exchange } = draft({ outgoingHeaders })
  first.headers.set('a', 'changed')
  t.strictSame(first.headers.flat, ['a', 'changed', 'x-tacit-request-id', exchange.id])
  t.strictSame(outgoingHeaders, ['a', '1', 'a', '2'])
})

t.test('asks for a body that can be read where somebody wants to read it', async t => {
  const outgoingHeaders = ['accept-encoding', 'gzip', 'accept-encoding', 'br']
  t.strictSame(draft({ outgoingHeaders }).draft.headers.getAll('accept-encoding'), ['gzip', 'br'])
  const reader = stepOf('reader', {}, { readsResponseBody: true })
  t.strictSame(draft({ outgoingHeaders }, { route: { steps: [reader] } }).draft.headers.getAll('accept-encoding'), [
    'identity'
  ])
})

t.test('a body that is edited for one try is as it was for the next', async t => {
  const { draft: first, exchange } = draft({ hasBody: true }, { editsBody: true })
  first.body.readable = true
  first.body.replace('changed')
  t.equal(exchange.downstream.body.content?.toString(), 'body')
  const { draft: shared, exchange: other } = draft({ hasBody: true })
  t.equal(shared.body, other.downstream.body, 'and is not copied where nobody edits it')
})

t.test('headers of an upstream pass, but for those of its own connection', async t => {
  const hop = {
    connection: 'x-hop, Close',
    'x-hop': '1',
    'keep-alive': 'timeout=5',
    'proxy-authenticate': 'Basic',
    'proxy-authentication-info': 'x',
    'proxy-connection': 'close',
    te: 'trailers',
    trailer: 'x-t',
    'transfer-encoding': 'chunked',
    upgrade: 'h2c'
  }
  const own = { 'content-type': 'a/b', 'set-cookie': ['a=1', 'b=2'], __proto: 'x', 'x-close': '1', missing: undefined }
  t.strictSame(passingHeaders({ ...hop, ...own }), [
    ...['content-type', 'a/b', 'set-cookie', 'a=1', 'set-cookie', 'b=2', '__proto', 'x', 'x-close', '1']
  ])
  const twice = { connection: ['keep-alive', 'X-One'], 'x-one': '1', 'x-two': '2' }
  t.strictSame(passingHeaders(twice), ['x-two', '2'], 'also when Connection stands there twice')
})

t.test('the length of a body is for the upstream to say, as long as it holds', async t => {
  const framed = (
    answered: Parameters<typeof frame>[1],
    {
      status = 200,
      isStream = false,
      rewrites = false,
      edits = ['content-length', '7', 'transfer-encoding', 'chunked']
    } = {}
  ) => {
    const reply = new Reply('upstream', status, edits, isStream)
    reply.body.readable = true
    if (rewrites) reply.body.transformBytes({ chunk: () => {}, end: () => {} })
    return [frame(reply, answered), reply.headers.flat]
  }
  t.strictSame(framed({ 'content-length': '5' }), [5, ['content-length', '5']])
  t.strictSame(framed({ 'content-length': '5' }, { edits: [] }), [5, ['content-length', '5']])
  t.strictSame(framed({}), [undefined, []])
  t.strictSame(framed({ 'content-length': '5' }, { rewrites: true }), [undefined, []])
  t.strictSame(framed({ 'content-length': '5' }, { isStream: true }), [undefined, []])
  t.strictSame(framed({ 'content-length': '5' }, { status: 204 }), [undefined, []])
})

t.test('an event stream is told by its media type', async t => {
  for (const type of [
    'text/event-stream',
    'Text/Event-Stream',
    'text/event-stream;charset=utf-8',
    'text/event-stream ; a=b'
  ]) {
    t.ok(isEventStream(type), type)
  }
  for (const type of [
    undefined,
    '',
    'text/event-streams',
    'text/plain',
    'x/text/event-stream',
    ['text/event-stream', 'a/b']
  ]) {
    t.notOk(isEventStream(type), String(type))
  }
})
