/** Clients that leave in the middle, against an upstream that keeps its own account of what it has said. */
import { connect } from 'node:net'
import t from 'tap'
import { ACME_CATALOGUE } from '../support/catalogue.ts'
import { isFull } from '../support/full.ts'
import { routeOf, startTestGateway, upstreamOf } from '../support/gateway.ts'
import { keptRows, recordsFolder, TEST_MASTER_KEY } from '../support/kept-rows.ts'
import { seededRandom } from '../support/random.ts'
import { startUpstream } from '../support/upstream.ts'

const ABORTS = isFull ? 500 : 50
const AT_ONCE = 10
const BODY = JSON.stringify({ model: 'small', stream: true, messages: [{ role: 'user', content: 'Good morning' }] })

/** What the upstream knows of one call: how many tokens it said before the client left, and in all. */
interface Account {
  readonly before: number
  readonly all: number
}

t.setTimeout(600_000)

for (const policy of ['cancel', 'drain'] as const) {
  t.test(`${ABORTS} clients leave at random events: ${policy} keeps a row for each, and none twice`, async t => {
    const random = seededRandom(policy === 'cancel' ? 5 : 6)
    const directory = await recordsFolder(t)
    const accounts = new Map<string, Account>()
    const closings: Promise<unknown>[] = []
    const leaving = new Map<string, () => Promise<void>>()
    const upstream = await startUpstream(t, async exchange => {
      closings.push(exchange.closed)
      const id = String(exchange.headers['x-tacit-request-id'])
      const all = 1 + Math.floor(random() * 12)
      const before = Math.floor(random() * (all + 1))
      accounts.set(id, { before, all })
      await exchange.body
      exchange.head(200, { 'content-type': 'text/event-stream' })
      const say = (count: number) => {
        const event = { model: 'small', choices: [{ delta: { content: 'w' } }] }
        return `data: ${JSON.stringify(event)}\n\n`.repeat(count)
      }
      // A comment shows the client that there is an answer, and says nothing.
      await exchange.write(`: here\n\n${say(before)}: leave\n\n`)
      await leaving.get(exchange.target)?.()
      const usage = { prompt_tokens: 21, completion_tokens: all }
      const stop = { choices: [{ delta: {}, finish_reason: 'stop' }] }
      const end = `data: ${JSON.stringify(stop)}\n\ndata: ${JSON.stringify({ choices: [], usage })}\n\ndata: [DONE]\n\n`
      if (policy === 'cancel') return
      await exchange.write(say(all - before) + end)
      exchange.end()
    })
    const gateway = await startTestGateway(t, {
      shutdownGrace: '60s',
      catalogue: ACME_CATALOGUE,
      records: { directory, masterKey: TEST_MASTER_KEY },
      upstreams: [upstreamOf([upstream.url], { provider: 'acme' })],
      routes: [
        routeOf({
          onClientGone: policy,
          drain: { maxConcurrent: 1_000 },
          plugins: [{ use: 'ledger' }, { use: 'metering' }]
        })
      ]
    })

    const abort = (target: string): Promise<void> =>
      new Promise(resolve => {
        const { hostname, port } = new URL(gateway.url)
        const socket = connect(Number(port), hostname)
        let answered = ''
        socket.on('error', () => {})
        socket.on('data', (bytes: Buffer) => {
          answered += bytes.toString('latin1')
          if (answered.includes(': leave\n')) socket.destroy()
        })
        socket.on('close', () => resolve())
        socket.write(`POST ${target} HTTP/1.1\r\nhost: gateway\r\ncontent-length: ${BODY.length}\r\n\r\n${BODY}`)
      })
    for (let done = 0; done < ABORTS; done += AT_ONCE) {
      await Promise.all(
        Array.from({ length: AT_ONCE }, (_, index) => {
          const target = `/v1/chat/completions?n=${done + index}`
          const left = abort(target)
          // A drained answer goes on when the client has gone; a cancelled one says nothing more, and is closed.
          leaving.set(target, () => left)
          return left
        })
      )
    }
    await Promise.all(closings)
    await gateway.close()

    const rows = await keptRows(directory, 'ledger.usage')
    t.equal(accounts.size, ABORTS)
    t.equal(rows.length, ABORTS)
    t.equal(new Set(rows.map(({ id }) => id)).size, ABORTS, 'none is there twice')
    const wrong: string[] = []
    for (const { id, fields } of rows) {
      const { before, all } = accounts.get(id) ?? { before: -1, all: -1 }
      const { end, source, input, output, cost } = fields
      // Each event says one token, so that what is counted is exact here; in general it is an estimate, and says so.
      const isRight =
        policy === 'drain'
          ? source === 'reported' && input === 21 && output === all && cost === BigInt(21_000 + 4_000 * all)
          : source === 'counted' && Number(input) > 0 && output === before && end === 'client_gone'
      if (!isRight) wrong.push(`${id}: ${end} ${source} ${input} ${output} of ${before}/${all}`)
    }
    t.strictSame(wrong, [])
  })
}
