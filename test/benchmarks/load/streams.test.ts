import { Type } from '@sinclair/typebox'
import t from 'tap'
import { Children } from '../../../benchmarks/harness/children.ts'
import { Helper } from '../../../benchmarks/harness/errands.ts'
import { startAnswers, startStreams } from '../../../benchmarks/upstreams/upstream.ts'

const CLIENT = new URL('../../../benchmarks/load/streams.ts', import.meta.url)
const Counted = Type.Object({
  events: Type.Integer(),
  merged: Type.Integer(),
  broken: Type.Integer(),
  p50Us: Type.Number()
})
const Opened = Type.Object({ firstByteP50Us: Type.Number() })

t.test('silent streams have one event each, and its latency', async t => {
  const children = new Children(undefined)
  t.teardown(() => children.close())
  const { port } = await startStreams(children, undefined)
  const client = new Helper(children, 0, CLIENT)
  const opened = await client.ask('open', { port, path: '/', streams: 50 }, Opened)
  const counted = await client.ask('end', null, Counted)
  t.strictSame([counted.events, counted.merged, counted.broken], [50, 0, 0])
  t.ok(counted.p50Us > 0 && counted.p50Us <= opened.firstByteP50Us)
})

t.test('counting begins anew when it is told to', async t => {
  const children = new Children(undefined)
  t.teardown(() => children.close())
  const { port } = await startStreams(children, undefined)
  const client = new Helper(children, 0, CLIENT)
  await client.ask('open', { port, path: '/', streams: 3 }, Opened)
  await client.ask('begin', null, Type.Null())
  t.equal((await client.ask('end', null, Type.Object({ events: Type.Integer() }))).events, 0)
})

t.test('what is answered without an event fails the opening', async t => {
  const children = new Children(undefined)
  t.teardown(() => children.close())
  const client = new Helper(children, 0, CLIENT)
  const gone = await startAnswers({ nginx: undefined }, children, true)
  await gone.stop()
  await t.rejects(
    client.ask('open', { port: gone.port, path: '/', streams: 1 }, Opened),
    /closed before its first event/
  )
})
