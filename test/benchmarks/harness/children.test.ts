import { existsSync } from 'node:fs'
import { createServer } from 'node:http'
import t from 'tap'
import { answers, Children } from '../../../benchmarks/harness/children.ts'

const ASK = { method: 'POST', path: '/', headers: {}, body: '{}' }

t.test('a child that ends before it answers is an error that shows what it printed', async t => {
  const children = new Children(undefined)
  t.teardown(() => children.close())
  const child = children.start(0, [process.execPath, '-e', 'console.error("no such file"); process.exit(3)'])
  await t.rejects(answers(child, 1, ASK), /ended before it answered:\nno such file/)
})

t.test('a server is ready when it answers 200, not when it listens', async t => {
  const statuses = [503, 503, 200]
  const asked: number[] = []
  const server = createServer((_, response) => {
    const status = statuses[asked.length] ?? 500
    asked.push(status)
    response.writeHead(status).end()
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
  const child = children.start(0, [process.execPath, '-e', 'setInterval(() => {}, 1000)'])
  await answers(child, port, ASK)
  t.strictSame(asked, statuses)
})

t.test('a server that takes a request and never answers is not waited for', async t => {
  const server = createServer(() => {})
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
    server.closeAllConnections()
  })
  const child = children.start(0, [process.execPath, '-e', 'setInterval(() => {}, 1000)'])
  await t.rejects(answers(child, port, ASK, 300), /did not answer 200 in time \(no answer\)/)
})

t.test('nothing outlives the run', async t => {
  const children = new Children(undefined)
  const child = children.start(0, [process.execPath, '-e', 'setInterval(() => {}, 1000)'])
  await children.close()
  t.throws(() => process.kill(child.pid, 0), { code: 'ESRCH' })
  t.equal(existsSync(children.folder), false)
})
