import t from 'tap'
import { UndiciConnections } from '../../../core/upstream/undici.ts'
import { LivePeer } from '../../../core/upstream/upstream.ts'

t.test('a peer keeps the path of its URL, without a slash at the end', async t => {
  for (const [url, basePath] of [
    ['http://a.example', ''],
    ['http://a.example/', ''],
    ['https://a.example:8443/base', '/base'],
    ['https://a.example/base/v1/', '/base/v1']
  ] as const) {
    const origin = new URL(url)
    const connections = new UndiciConnections(origin.origin, {
      max: 1,
      keepAliveMs: 1_000,
      ca: undefined,
      serverName: undefined
    })
    const peer = new LivePeer({ id: 'a', origin, weight: 2, priority: 0, labels: { region: 'north' } }, connections)
    t.strictSame(
      [peer.id, peer.basePath, peer.weight, peer.labels, peer.inFlight],
      ['a', basePath, 2, { region: 'north' }, 0]
    )
    await connections.close()
  }
})
