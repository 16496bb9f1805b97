/** New processes that take over from old ones under load, at the same ports. */
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { startCallers } from '../support/callers.ts'
import { collect, openResponse, send } from '../support/client.ts'
import { isFull } from '../support/full.ts'
import { runNode } from '../support/process.ts'
import { startUpstream, type Teardown } from '../support/upstream.ts'

const COMMAND = fileURLToPath(new URL('../../core/cli/tacit.js', import.meta.url))
const RESTARTS = isFull ? 20 : 3
t.setTimeout(600_000)
const TIMEOUT = { timeout: 300_000 }

/** Two ports that were free just now: an address that is to be taken over must be known. */
async function freePorts(): Promise<readonly number[]> {
  const servers = [createServer(), createServer()]
  const ports: number[] = []
  for (const server of servers) {
    await once(server.listen(0, '127.0.0.1'), 'listening')
    const address = server.address()
    ports.push(typeof address === 'object' && address !== null ? address.port : 0)
  }
  for (const server of servers) await once(server.close(), 'close')
  return ports
}

/** Lines as they come, one at a time. */
function lines(stream: Readable): () => Promise<string> {
  let text = ''
  return async () => {
    while (!text.includes('\n')) {
      const [piece] = await once(stream, 'data')
      text += String(piece)
    }
    const end = text.indexOf('\n') + 1
    const line = text.slice(0, end)
    text = text.slice(end)
    return line
  }
}

/** A plugin that counts each request against a limit, slow ones against one of their own, and tells how they stand. */
const LIMITING = `
import { definePlugin, Type } from 'tacit-gateway/plugin'
const limit = { counter: 'all/fast', algorithm: 'total', limit: 400 }
const slow = { counter: 'all/slow', algorithm: 'total', limit: 10 }
export default definePlugin({
  contract: 1, name: 'limiting', summary: 'Counts.', data: { reads: [] }, config: Type.Object({}),
  reasons: { over_limit: { status: 429, message: 'Too many.', retryable: true } },
  setup (_config, host) {
    return {
      async requestFilter (exchange) {
        if (exchange.downstream.target === '/read') {
          return { status: 200, headers: {}, body: JSON.stringify(await host.limits.read([limit, slow])) }
        }
        const counted = exchange.downstream.target === '/slow' ? slow : limit
        const held = await host.limits.hold(exchange, [{ ...counted, amount: 1 }])
        if (!held.granted) return host.refuse('over_limit')
      }
    }
  }
})`

/** A gateway in a process of its own. All that follow write to the same streams. */
async function started(t: Teardown & { testdir(): string }, upstream: string, settings = '') {
  const [port, adminPort] = await freePorts()
  const directory = t.testdir()
  const file = join(directory, 'gateway.yaml')
  const text = (more = '') => `version: 1
listen: { port: ${port} }
admin: { port: ${adminPort} }
log: { level: silent }
shutdownGrace: 20s
upstreams: [{ id: one, peers: [{ id: a, url: "${upstream}" }] }]
routes: [{ id: all, match: { path: /* }, upstream: one${settings === '' ? '' : ', plugins: [{ use: ./limiting.ts }]'} }]
${settings}
${more}`
  await writeFile(join(directory, 'limiting.ts'), LIMITING)
  await writeFile(file, text())
  const { child } = runNode(t, [COMMAND, 'start', file])
  if (child.stderr === null || child.pid === undefined) throw new TypeError('it was not started')
  const next = lines(child.stderr)
  await next()
  let pid = child.pid
  t.teardown(() => {
    try {
      process.kill(pid, 'SIGKILL')
    } catch {
      // It has ended by itself.
    }
  })
  return {
    url: `http://127.0.0.1:${port}`,
    adminUrl: `http://127.0.0.1:${adminPort}`,
    next,
    rewrite: (more: string) => writeFile(file, text(more)),
    signal: (name: NodeJS.Signals) => process.kill(pid, name),
    /** Resolves when another process serves. */
    async restart() {
      process.kill(pid, 'SIGUSR2')
      const told = [await next(), await next()].sort()
      pid = Number(/^Process (\d+) has taken over/.exec(told[0] ?? '')?.[1])
      return told
    }
  }
}

t.test(`${RESTARTS} restarts under load refuse no connection and cut no stream`, TIMEOUT, async t => {
  const upstream = await startUpstream(t, async exchange => {
    if (exchange.target !== '/stream') exchange.answer(200, {}, 'ok')
    else {
      exchange.head(200, { 'content-type': 'text/event-stream' })
      await exchange.write('data: begun\n\n')
      streams.push(exchange)
    }
  })
  const streams: { write(piece: string): Promise<void>; end(): void }[] = []
  const gateway = await started(t, upstream.url)
  const url = () => `${gateway.url}/x`
  const kept = startCallers(t, { url, callers: 4 })
  const anew = startCallers(t, { url, callers: 4, connectsAnew: true })
  for (let restart = 0; restart < RESTARTS; restart++) {
    const response = await openResponse({ url: `${gateway.url}/stream` })
    const [taken, listens] = await gateway.restart()
    t.match(taken, /^Process \d+ has taken over\.\n$/)
    t.match(listens, /^Tacit listens on/)
    await Promise.all([kept.more(50), anew.more(50)])
    const stream = streams.pop()
    await stream?.write('data: ended\n\n')
    stream?.end()
    const { complete, body } = await collect(response)
    t.strictSame([complete, body.toString()], [true, 'data: begun\n\ndata: ended\n\n'])
  }
  await Promise.all([kept.stop(), anew.stop()])
  t.strictSame([...kept.failures, ...anew.failures, kept.resets], [0])
  t.comment(`${RESTARTS} restarts, ${kept.answers + anew.answers} answers`)
  t.equal((await send({ url: `${gateway.adminUrl}/health/ready` })).status, 200)
})

t.test('a new version that does not start leaves the old one at work', TIMEOUT, async t => {
  const upstream = await startUpstream(t, exchange => exchange.answer(200, {}, 'ok'))
  const gateway = await started(t, upstream.url)
  await gateway.rewrite('nonsense: true')
  gateway.signal('SIGUSR2')
  const told: string[] = []
  while (!told.join('').includes('TACIT_SUCCESSOR_FAILED')) told.push(await gateway.next())
  t.match(told.join(''), /TACIT_KEY_UNKNOWN[\s\S]*The gateway was not started/)
  t.match(await gateway.next(), /This one goes on/)
  t.equal((await send({ url: `${gateway.url}/x` })).status, 200)
  await gateway.rewrite('')
  await gateway.restart()
  t.equal((await send({ url: `${gateway.url}/x` })).status, 200)
})

t.test('what both processes count while one takes over is counted once, and outlives them', TIMEOUT, async t => {
  const upstream = await startUpstream(t, exchange => {
    if (exchange.target === '/slow') slow.push(exchange)
    else exchange.answer(200, {}, 'ok')
  })
  const slow: { answer(status: number, headers: Record<string, string>, body: string): void }[] = []
  const gateway = await started(t, upstream.url, 'stores: { folder: kept }')
  const statuses: number[] = []
  let isOver = false
  const call = async () => {
    while (!isOver) statuses.push((await send({ url: `${gateway.url}/x` })).status)
  }
  const readings = async () => JSON.parse((await send({ url: `${gateway.url}/read` })).body.toString())
  let open = 0
  for (let restart = 0; restart < 2; restart++) {
    isOver = false
    const calling = [call(), call()]
    // One that the old process still carries when the new one serves.
    const waiting = send({ url: `${gateway.url}/slow` })
    while (slow.length === open) await new Promise(setImmediate)
    open++
    await gateway.restart()
    const enough = statuses.length + 40
    while (statuses.length < enough) await new Promise(setImmediate)
    isOver = true
    await Promise.all(calling)
    slow.at(-1)?.answer(200, {}, 'ok')
    t.equal((await waiting).status, 200)
    // The journal is the new one's when the old one has ended.
    for (;;) {
      const { status, body } = await send({ url: `${gateway.adminUrl}/health/ready` })
      if (status === 200 && !body.toString().includes('degraded')) break
    }
    const admitted = statuses.filter(status => status === 200).length
    t.ok(admitted <= 400)
    const counted = [
      { spent: admitted, held: 0 },
      { spent: open, held: 0 }
    ]
    t.match(await readings(), counted, `${admitted} of ${statuses.length}`)
  }
})
