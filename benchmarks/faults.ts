/**
 * What clients notice of servers and networks that fail, fault by fault, beside what is promised. Prints a table; run it as
 * `node benchmarks/faults.ts [requests] [fault]`. The gateway is a process of its own; servers and callers share another, so the
 * times are at most as good as that one is idle. Overload and balancing have benchmarks of their own.
 */
import { once } from 'node:events'
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { Agent, createServer, type RequestListener, request } from 'node:http'
import { request as secureRequest } from 'node:https'
import { connect, createServer as createTcpServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { TLSSocket } from 'node:tls'
import { makeCertificate } from './harness/certificate.ts'
import { spawnGateway } from './harness/spawned-gateway.ts'
import { quantile } from './harness/statistics.ts'

const requests = Number(process.argv[2] ?? 10_000)
/** The name of one of the functions below, for that fault alone. */
const only = process.argv[3]
const CALLERS = 16
/** What a try may take, and a stream be silent, in ms. */
const PATIENCE_MS = 500
const CHUNK = 'data: {"choices":[{"delta":{"content":"a"}}]}\n\n'

const servers = new Set<Server>()
const sockets = new Set<Socket>()

async function listening(server: Server): Promise<string> {
  servers.add(server)
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('error', () => {}).on('close', () => sockets.delete(socket))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new TypeError('no port')
  return `http://127.0.0.1:${address.port}`
}

const serve = (handler: RequestListener) => listening(createServer({ keepAliveTimeout: 60_000 }, handler))
const OK: RequestListener = (incoming, response) => {
  incoming.resume().on('end', () => response.end('ok'))
}

/** A port that refuses. */
async function refusing(): Promise<string> {
  const server = createTcpServer()
  const url = await listening(server)
  server.close()
  servers.delete(server)
  await once(server, 'close')
  return url
}

interface Answer {
  readonly status: number
  readonly complete: boolean
  readonly tookMs: number
  /** From the last piece of the body to its end. */
  readonly silentMs: number
}

function ask(url: string, agent: Agent): Promise<Answer> {
  return new Promise(resolve => {
    const startedMs = performance.now()
    let pieceMs = startedMs
    const outgoing = request(url, { agent, method: 'POST' }, response => {
      response.on('error', () => {})
      response.on('data', (piece: Buffer) => {
        if (piece.toString().startsWith(CHUNK)) pieceMs = performance.now()
      })
      response.on('close', () => {
        const endedMs = performance.now()
        const { statusCode: status = 0, complete } = response
        resolve({ status, complete, tookMs: endedMs - startedMs, silentMs: endedMs - pieceMs })
      })
    })
    outgoing.on('error', () =>
      resolve({ status: 0, complete: false, tookMs: performance.now() - startedMs, silentMs: 0 })
    )
    outgoing.end('{"charge":"me"}')
  })
}

async function askTimes(url: string, times: number, callers = CALLERS): Promise<readonly Answer[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: callers })
  const answers: Answer[] = []
  let left = times
  const caller = async () => {
    while (left-- > 0) answers.push(await ask(url, agent))
  }
  await Promise.all(Array.from({ length: callers }, caller))
  agent.destroy()
  return answers
}

const folder = mkdtempSync(join(tmpdir(), 'tacit-faults-'))

/** A gateway in front of these servers. */
async function gatewayFor(urls: readonly string[], settings: object = {}) {
  const peers = urls.map((url, index) => ({ id: `peer-${index + 1}`, url }))
  return spawnGateway(folder, {
    upstreams: [{ id: 'main', peers, ...settings }],
    routes: [{ id: 'main', match: { path: '/*' }, upstream: 'main', dialect: 'openai-chat' }]
  })
}

const count = (answers: readonly Answer[], status: number) => answers.filter(answer => answer.status === status).length
const p99 = (values: readonly number[]) => quantile(values, 0.99)
const took = (answers: readonly Answer[]) => answers.map(({ tookMs }) => tookMs)
const ms = (value: number) => `${value.toFixed(1)} ms`

function row(fault: string, promise: string, figure: string): void {
  process.stdout.write(`${fault}\n    promised  ${promise}\n    measured  ${figure}\n`)
}

async function deadPeer() {
  const good = [await serve(OK), await serve(OK)]
  const whole = await gatewayFor([await serve(OK), ...good])
  await askTimes(whole.url, 500)
  const before = p99(took(await askTimes(whole.url, requests)))
  await whole.stop()
  const gateway = await gatewayFor([await refusing(), ...good])
  await askTimes(gateway.url, 500)
  const answers = await askTimes(gateway.url, requests)
  await gateway.stop()
  const errors = requests - count(answers, 200)
  const after = p99(took(answers))
  row(
    '1 of 3 peers refuses connections',
    '0 errors, p99 at most the time to connect and 5 ms longer',
    `${errors} errors in ${requests}, p99 ${ms(after)}, with three good peers ${ms(before)}`
  )
}

async function resetAfterPost() {
  const copies = new Map<string, number>()
  const reset: RequestListener = (incoming, _response) => {
    const id = String(incoming.headers['x-tacit-request-id'])
    copies.set(id, (copies.get(id) ?? 0) + 1)
    incoming.resume().on('end', () => incoming.socket.resetAndDestroy())
  }
  const retry = { attempts: 5, on: ['connect_failed', 'timed_out', 'reset', 'rejected', 502, 503], budget: '100%' }
  const gateway = await gatewayFor([await serve(reset), await serve(reset)], { retry })
  const times = Math.min(requests, 1_000)
  const answers = await askTimes(gateway.url, times)
  await gateway.stop()
  const once = [...copies.values()].filter(copy => copy === 1).length
  row(
    'a reset after the POST was sent',
    'one copy in 1,000 of 1,000, 502 within 50 ms',
    `one copy of ${once} in ${times}, ${count(answers, 502)} answered 502, p99 ${ms(p99(took(answers)))} with ${CALLERS} callers`
  )
}

async function slowFirstByte() {
  const never: RequestListener = incoming => incoming.resume()
  const slow = await serve(never)
  const alone = await gatewayFor([slow], { timeouts: { perTry: `${PATIENCE_MS}ms` }, retry: { attempts: 1 } })
  const late = took(await askTimes(alone.url, 64))
  await alone.stop()
  const both = await gatewayFor([slow, await serve(OK)], {
    timeouts: { perTry: `${PATIENCE_MS}ms` },
    retry: { on: ['timed_out'], nonIdempotent: true, budget: '100%' }
  })
  const answers = await askTimes(both.url, 64)
  await both.stop()
  row(
    'a first byte that does not come',
    'given up between T and T + 250 ms, and another peer answers',
    `T = ${PATIENCE_MS} ms, given up after ${ms(Math.min(...late))} to ${ms(Math.max(...late))}; with another peer ${count(answers, 200)} of 64 answered`
  )
}

async function silentStream() {
  const silent: RequestListener = (incoming, response) => {
    incoming.resume()
    response.writeHead(200, { 'content-type': 'text/event-stream' }).write(CHUNK)
  }
  const gateway = await gatewayFor([await serve(silent)], { timeouts: { idle: `${PATIENCE_MS}ms` } })
  const answers = await askTimes(gateway.url, 64)
  await gateway.stop()
  const silences = answers.map(({ silentMs }) => silentMs)
  const whole = answers.filter(({ complete }) => complete).length
  row(
    'a stream that goes silent',
    'ended between T and T + 250 ms, never as a whole one',
    `T = ${PATIENCE_MS} ms, ended after ${ms(Math.min(...silences))} to ${ms(Math.max(...silences))}; ${whole} of 64 looked whole`
  )
}

async function blackHole() {
  const good = await serve(OK)
  const held: Socket[] = []
  let isDark = false
  const dark = await listening(
    createTcpServer(client => {
      const server = connect(Number(new URL(good).port), '127.0.0.1')
      held.push(server)
      server.on('error', () => {})
      client.on('data', data => isDark || server.write(data)).on('close', () => server.destroy())
      server.on('data', data => isDark || client.write(data))
    })
  )
  const settings = {
    timeouts: { firstByte: `${PATIENCE_MS}ms` },
    retry: { on: ['connect_failed'] },
    health: { outlier: {} }
  }
  const gateway = await gatewayFor([dark, good, await serve(OK)], settings)
  const before = await askTimes(gateway.url, 2_000)
  isDark = true
  const answers = await askTimes(gateway.url, 2_000)
  for (const socket of held) socket.destroy()
  await gateway.stop()
  const others = answers.filter(({ status }) => status === 200)
  row(
    '1 of 3 peers vanishes without a word',
    'nobody waits longer than T + 250 ms, the others’ p99 stays within 10 %',
    `T = ${PATIENCE_MS} ms, longest ${ms(Math.max(...took(answers)))}, ${count(answers, 504)} of 2000 met it; p99 of the others ${ms(p99(took(others)))}, before ${ms(p99(took(before)))}`
  )
}

async function retryStorm() {
  let attempts = 0
  const unavailable: RequestListener = (incoming, response) => {
    attempts++
    incoming.resume().on('end', () => response.writeHead(503).end())
  }
  const retry = { attempts: 4, on: [503], budget: '20%', minPerSecond: 0, backoff: '1ms', maxBackoff: '1ms' }
  const gateway = await gatewayFor([await serve(unavailable), await serve(unavailable)], { retry })
  await askTimes(gateway.url, requests)
  await gateway.stop()
  row(
    'everybody answers 503',
    'at most 1.2 tries for each request',
    `${(attempts / requests).toFixed(3)} tries for each of ${requests}`
  )
}

async function nobodyLeft() {
  let isBroken = true
  const broken: RequestListener = (incoming, response) => {
    incoming.resume().on('end', () => response.writeHead(isBroken ? 500 : 200).end())
  }
  const outlier = { consecutive5xx: 1, baseEjectionTime: '3s', maxEjectionTime: '3s', maxEjectionPercent: '100%' }
  const gateway = await gatewayFor([await serve(broken)], {
    health: { outlier, panicThreshold: '0%' },
    retry: { attempts: 1 }
  })
  await askTimes(gateway.url, 1, 1)
  const refused = await askTimes(gateway.url, 1_000, 1)
  isBroken = false
  let first: Answer | undefined
  const startedMs = performance.now()
  while (first?.status !== 200 && performance.now() < startedMs + 20_000) [first] = await askTimes(gateway.url, 1, 1)
  const backMs = performance.now() - startedMs
  const after = await askTimes(gateway.url, 200, 1)
  await gateway.stop()
  row(
    'all peers are left out',
    '503 within 5 ms, back after one good answer',
    `${count(refused, 503)} of 1000 answered 503, p99 ${ms(p99(took(refused)))}; back ${ms(backMs)} after the server was (left out for 3 s), then ${count(after, 200)} of 200 answered`
  )
}

async function drain() {
  const times = 64
  const underWay = Promise.withResolvers<void>()
  let seen = 0
  const slow: RequestListener = (incoming, response) => {
    incoming.resume()
    if (++seen === times) underWay.resolve()
    setTimeout(() => response.end('ok'), PATIENCE_MS)
  }
  const gateway = await gatewayFor([await serve(slow)])
  const agent = new Agent({ keepAlive: true, maxSockets: times })
  const asked = Array.from({ length: times }, () => ask(gateway.url, agent))
  await underWay.promise
  const startedMs = performance.now()
  const gone = gateway.stop()
  const answers = await Promise.all(asked)
  const lastMs = performance.now() - startedMs
  await gone
  agent.destroy()
  row(
    'SIGTERM while requests are under way',
    '0 cut within the grace period, the process gone when the last has ended',
    `${count(answers, 200)} of ${times} answered whole, the last after ${ms(lastMs)}, the process gone after ${ms(performance.now() - startedMs)}`
  )
}

async function rotation() {
  const next = join(folder, 'next')
  mkdirSync(next)
  const [files, second] = [makeCertificate(folder), makeCertificate(next)]
  if (files === undefined || second === undefined) {
    process.stdout.write('a certificate changes\n    not measured: there is no openssl\n')
    return
  }
  const gateway = await spawnGateway(folder, {
    listen: { port: 0, tls: files },
    upstreams: [{ id: 'main', peers: [{ id: 'one', url: await serve(OK) }] }],
    routes: [{ id: 'main', match: { path: '/*' }, upstream: 'main' }]
  })
  const url = gateway.url.replace('http:', 'https:')
  const seen = new Map<string, number>()
  let failed = 0
  let total = 0
  let changedMs = Number.POSITIVE_INFINITY
  let newMs = Number.POSITIVE_INFINITY
  /** Each on a connection of its own, which is what a certificate is shown on. */
  const one = () =>
    new Promise<void>(resolve => {
      const outgoing = secureRequest(url, { agent: false, rejectUnauthorized: false }, response => {
        const { socket } = response
        const print = socket instanceof TLSSocket ? socket.getPeerCertificate().fingerprint256 : ''
        if (seen.size === 1 && !seen.has(print)) newMs = performance.now()
        seen.set(print, (seen.get(print) ?? 0) + 1)
        if (response.statusCode !== 200) failed++
        response.resume().on('close', resolve)
      })
      outgoing.on('error', () => {
        failed++
        resolve()
      })
      outgoing.end()
    })
  const startedMs = performance.now()
  const caller = async () => {
    while (performance.now() < startedMs + 5_000) {
      total++
      await one()
    }
  }
  const change = setTimeout(() => {
    copyFileSync(second.key, files.key)
    copyFileSync(second.cert, files.cert)
    changedMs = performance.now()
  }, 1_000)
  await Promise.all(Array.from({ length: 4 }, caller))
  clearTimeout(change)
  await gateway.stop()
  row(
    'a certificate changes under load',
    '0 failed, the new one within 1 s',
    `${failed} of ${total} connections failed, the new one after ${ms(newMs - changedMs)}`
  )
}

const FAULTS = {
  deadPeer,
  resetAfterPost,
  slowFirstByte,
  silentStream,
  blackHole,
  retryStorm,
  nobodyLeft,
  drain,
  rotation
}

try {
  for (const [name, fault] of Object.entries(FAULTS)) if (only === undefined || only === name) await fault()
} finally {
  for (const server of servers) server.close()
  for (const socket of sockets) socket.destroy()
  rmSync(folder, { recursive: true, force: true })
}
