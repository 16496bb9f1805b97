import t from 'tap'
import { VERSION } from '../../../core/version.ts'
import { openResponse } from '../../support/client.ts'
import { startAdminGateway } from './support.ts'

const STREAM = { 'content-type': 'text/event-stream' }

t.test('tells who the gateway is, and as whom it is asked', async t => {
  const { ask } = await startAdminGateway(t)
  const [status, answer] = await ask('/v1/status')
  t.equal(status, 200)
  t.match(answer, {
    version: VERSION,
    node: process.versions.node,
    ready: true,
    inFlight: 0,
    streams: 0,
    actor: { id: 'anonymous', role: 'viewer' }
  })
})

t.test('lists routes, with where they lead and what they pass', async t => {
  const { ask } = await startAdminGateway(t)
  t.strictSame(await ask('/v1/routes'), [
    200,
    {
      routes: [
        {
          id: 'account',
          match: { hosts: [], methods: [], path: '/account/*' },
          dialect: null,
          upstreams: [],
          plugins: ['notes', 'key-auth'],
          endpoints: ['notes'],
          inFlight: 0,
          streams: 0
        },
        {
          id: 'chat',
          match: { hosts: ['chat.example'], methods: ['GET', 'POST'], path: '/*' },
          dialect: null,
          upstreams: ['upstream'],
          plugins: ['notes'],
          endpoints: [],
          inFlight: 0,
          streams: 0
        }
      ]
    }
  ])
})

t.test('lists peers with their connections, and what their balancer knows of them', async t => {
  const { promise, resolve } = Promise.withResolvers<void>()
  const { gateway, ask } = await startAdminGateway(t, {}, async exchange => {
    exchange.head(200, STREAM)
    await exchange.write('data: {"a":1}\n\n')
    await promise
    exchange.end()
  })
  const response = await openResponse({ url: `${gateway.url}/x`, headers: { host: 'chat.example' } })
  const [, during] = await ask('/v1/upstreams')
  t.match(during, {
    upstreams: [
      {
        id: 'upstream',
        balancer: 'least-latency',
        plugins: [],
        peers: [
          { id: 'peer-1', origin: /^http:\/\/127\.0\.0\.1:\d+$/, weight: 1, labels: {} },
          { id: 'peer-2', weight: 1 }
        ]
      }
    ]
  })
  const peers = peersOf(during)
  t.equal(
    peers.reduce((sum, peer) => sum + Number(peer.inFlight), 0),
    1
  )
  t.equal(
    peers.reduce((sum, peer) => sum + Number(peer.connections), 0),
    1
  )
  const [used] = peers.filter(peer => peer.connections === 1)
  t.match(used, { tries: 1, failures: 0, balancer: { estimateMs: Number, unclearInRow: 0 } })
  resolve()
  response.resume()
})

/** The peers of the first upstream. */
function peersOf(answer: unknown): readonly Readonly<Record<string, unknown>>[] {
  const upstreams: unknown = Reflect.get(Object(answer), 'upstreams')
  const [first]: unknown[] = Array.isArray(upstreams) ? upstreams : []
  const peers: unknown = Reflect.get(Object(first), 'peers')
  return Array.isArray(peers) ? peers : []
}

t.test('lists instances with where they stand, and of what they show words and numbers alone', async t => {
  const { ask } = await startAdminGateway(t)
  const [status, answer] = await ask('/v1/plugins')
  t.equal(status, 200)
  t.match(answer, {
    plugins: [
      {
        instance: 'notes',
        plugin: 'notes',
        summary: 'Keeps notes.',
        place: { kind: 'everywhere', of: null, line: 1 },
        guard: false,
        failureMode: 'deny',
        reads: ['identity'],
        egress: [],
        phases: [],
        endpoints: [{ name: 'list', listener: 'admin', method: 'GET', path: '/notes', role: 'viewer' }, {}, {}, {}],
        state: { all: { consumers: 0, word: 'plain' } }
      },
      { instance: 'least-latency', place: { kind: 'balancer', of: 'upstream' } },
      { instance: 'key-auth', place: { kind: 'route', of: 'account' }, guard: true, reads: ['credential'] }
    ]
  })
  t.notMatch(JSON.stringify(answer), 'not a word')
})
