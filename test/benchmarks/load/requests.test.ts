import { createServer } from 'node:http'
import { Type } from '@sinclair/typebox'
import t from 'tap'
import { Children, freePort } from '../../../benchmarks/harness/children.ts'
import { Helper } from '../../../benchmarks/harness/errands.ts'
import { LoadResult } from '../../../benchmarks/load/generator.ts'

const LOAD = { method: 'POST', path: '/v1/chat/completions', bodyBytes: 1024, connections: 4, seconds: 0.2 } as const
const GENERATOR = new URL('../../../benchmarks/load/requests.ts', import.meta.url)

t.test('every answer of our own upstream is counted, and none fails', async t => {
  const children = new Children(undefined)
  t.teardown(() => children.close())
  const port = await freePort()
  const upstream = new Helper(children, 0, new URL('../../../benchmarks/upstreams/answers.ts', import.meta.url))
  await upstream.ask('listen', { port }, Type.Null())
  const generator = new Helper(children, 0, GENERATOR)
  const result = await generator.ask('send', { port, load: LOAD }, LoadResult)
  t.ok(result.requests > 4, `${result.requests} requests`)
  t.equal(result.errors, 0)
  t.ok(result.seconds >= 0.2 && result.p50Us <= result.p99Us && result.p99Us <= result.p999Us)
})

t.test('other answers than 200 are errors, and so are connections that break', async t => {
  let count = 0
  const server = createServer((request, response) => {
    request.resume()
    if (count++ === 3) response.socket?.destroy()
    else response.writeHead(503).end()
  })
  const port = await new Promise<number>(resolve => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      resolve(typeof address === 'object' && address !== null ? address.port : 0)
    })
  })
  const children = new Children(undefined)
  t.teardown(async () => {
    await children.close()
    server.close()
  })
  const result = await new Helper(children, 0, GENERATOR).ask('send', { port, load: LOAD }, LoadResult)
  t.equal(result.requests, 0)
  t.ok(result.errors >= count - 4 && result.errors <= count, `${result.errors} errors of ${count} requests`)
})
