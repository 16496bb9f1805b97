/**
 * An hour's traffic of every kind, as fast as it goes: what rows, rollups and budgets say of it, and what the upstream
 * itself has kept of every call. The same calls come in the same order each time.
 */
import { connect } from 'node:net'
import t from 'tap'
import { systemClock } from '../../core/clock.ts'
import { keyedDigest } from '../../core/identity/digest.ts'
import { SecretText } from '../../core/plugin.ts'
import { LocalMasterKey } from '../../core/records/master-key.ts'
import { Records } from '../../core/records/records.ts'
import { Vocabulary } from '../../core/records/vocabulary.ts'
import { USAGE } from '../../plugins/ledger/kinds.ts'
import { LIVES } from '../core/records/support.ts'
import { ACME_CATALOGUE } from '../support/catalogue.ts'
import { send } from '../support/client.ts'
import { isFull } from '../support/full.ts'
import { routeOf, startTestGateway, upstreamOf } from '../support/gateway.ts'
import { keptRows, recordsFolder, TEST_MASTER_KEY } from '../support/kept-rows.ts'
import { seededRandom } from '../support/random.ts'
import { startUpstream } from '../support/upstream.ts'

t.setTimeout(900_000)

/** One call a second of an hour, or a part of them. */
const CALLS = isFull ? 3_600 : 240
const AT_ONCE = 8
const CONSUMERS = ['search', 'support', 'sales'] as const
/** Nano-dollars for a token of input and of output, of the models of the catalogue. */
const RATES = { small: [1_000n, 4_000n], large: [10_000n, 40_000n] } as const

/** What becomes of a call. `leaves` streams are cut by their client, on a route that drains or one that cancels. */
const WAYS = ['whole', 'stream', 'stream', 'drained', 'cancelled', 'error', 'error in the stream', 'free'] as const

const DIGEST_KEY = 'key of a test for an hour'
const LEAVE = ': leave'

/** What is asked, and what shall become of it. */
interface Plan {
  readonly way: (typeof WAYS)[number]
  readonly consumer: (typeof CONSUMERS)[number]
  readonly model: keyof typeof RATES
  readonly input: number
  readonly output: number
}

/** What the upstream reckons for one call. */
interface Account extends Plan {
  readonly costNano: bigint
}

t.test(`${CALLS} calls: rows, rollups, budgets and the upstream agree to the last nano-dollar`, async t => {
  const random = seededRandom(60)
  const oneOf = <Item>(items: readonly [Item, ...Item[]]): Item =>
    items[Math.floor(random() * items.length)] ?? items[0]
  const plans = Array.from(
    { length: CALLS },
    (): Plan => ({
      way: oneOf(WAYS),
      consumer: oneOf(CONSUMERS),
      model: oneOf(['small', 'large']),
      input: 1 + Math.floor(random() * 5_000),
      output: 1 + Math.floor(random() * 200)
    })
  )
  const accounts = new Map<string, Account>()
  const left = plans.map(() => Promise.withResolvers<void>())
  const directory = await recordsFolder(t)

  const upstream = await startUpstream(t, async exchange => {
    const index = Number(new URL(exchange.target, 'http://upstream').searchParams.get('n'))
    const plan = plans[index]
    if (plan === undefined) throw new Error('nobody planned this call')
    const { way, model, input, output } = plan
    await exchange.body
    const [inputRate, outputRate] = RATES[model]
    const isPaid = way !== 'error' && way !== 'free'
    const costNano = isPaid ? BigInt(input) * inputRate + BigInt(output) * outputRate : 0n
    accounts.set(String(exchange.headers['x-tacit-request-id']), { ...plan, costNano })
    const json = { 'content-type': 'application/json' }
    const usage = { prompt_tokens: way === 'free' ? 0 : input, completion_tokens: way === 'free' ? 0 : output }
    if (way === 'error') {
      exchange.answer(503, json, JSON.stringify({ error: { message: 'overloaded' }, usage }))
      return
    }
    if (way === 'whole' || way === 'free') {
      const choices = [{ message: { content: 'word '.repeat(output) }, finish_reason: 'stop' }]
      exchange.answer(200, json, JSON.stringify({ model, choices, usage }))
      return
    }
    exchange.head(200, { 'content-type': 'text/event-stream' })
    const half = Math.ceil(output / 2)
    const said = (count: number) => event({ model, choices: [{ delta: { content: 'word' } }] }).repeat(count)
    await exchange.write(said(half))
    if (way === 'drained' || way === 'cancelled') {
      await exchange.write(`${LEAVE}\n\n`)
      await left[index]?.promise
      if (way === 'cancelled') return
    }
    await exchange.write(said(output - half))
    await exchange.write(event({ choices: [{ delta: {}, finish_reason: 'stop' }] }) + event({ choices: [], usage }))
    await exchange.write(way === 'error in the stream' ? event({ error: { message: 'failed' } }) : 'data: [DONE]\n\n')
    exchange.end()
  })

  const plugins = [
    { use: 'ledger' },
    { use: 'key-auth' },
    { use: 'budget', config: { budgets: [{ amount: '100000.00 USD', each: 'month' }] } },
    { use: 'metering' }
  ]
  const gateway = await startTestGateway(t, {
    shutdownGrace: '60s',
    digestKey: DIGEST_KEY,
    catalogue: ACME_CATALOGUE,
    records: { directory, masterKey: TEST_MASTER_KEY },
    consumers: CONSUMERS.map(id => ({
      id,
      credentials: { 'key-auth': { keyHash: keyedDigest(DIGEST_KEY, keyOf(id)) } }
    })),
    upstreams: [upstreamOf([upstream.url], { provider: 'acme', retry: { attempts: 1 } })],
    routes: [
      routeOf({
        id: 'drains',
        match: { path: '/drained/*' },
        onClientGone: 'drain',
        drain: { maxConcurrent: 1_000 },
        plugins
      }),
      routeOf({ id: 'cancels', onClientGone: 'cancel', plugins })
    ]
  })

  let next = 0
  const client = async () => {
    while (next < plans.length) {
      const index = next++
      const plan = plans[index]
      if (plan === undefined) return
      const { way, consumer, model } = plan
      const isWhole = way === 'whole' || way === 'free' || way === 'error'
      const body = JSON.stringify({ model, stream: !isWhole, max_tokens: 200, messages: [] })
      const target = `${way === 'drained' ? '/drained' : ''}/v1/chat/completions?n=${index}`
      const headers = { authorization: `Bearer ${keyOf(consumer)}`, 'content-type': 'application/json' }
      if (way === 'drained' || way === 'cancelled') await leaveEarly(gateway.url, target, headers, body)
      // A stream that ends with an error is broken off.
      else await send({ url: `${gateway.url}${target}`, method: 'POST', headers, body }).catch(() => undefined)
      left[index]?.resolve()
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, client))

  const spent = new Map<string, bigint>()
  for (const consumer of CONSUMERS) {
    // Answers whose clients have gone are still being read.
    for (;;) {
      const answer = await send({ url: `${gateway.adminUrl}/plugins/budget/budgets?consumer=${consumer}` })
      const [budget] = JSON.parse(String(answer.body)).budgets
      if (budget.held !== '0.00 USD') continue
      spent.set(consumer, nanoOf(budget.spent))
      break
    }
  }
  await gateway.close()

  const rows = await keptRows(directory, 'ledger.usage')
  t.equal(rows.length, CALLS)
  t.equal(accounts.size, CALLS)
  const wrong: string[] = []
  const rowSums = new Map<string, bigint>()
  let cancelled = 0
  let [cancelledNano, upstreamNano] = [0n, 0n]
  for (const { id, fields } of rows) {
    const account = accounts.get(id)
    const cost = typeof fields.cost === 'bigint' ? fields.cost : undefined
    if (account === undefined || cost === undefined || fields.consumer !== account.consumer) {
      wrong.push(`${id}: ${account?.way} has the cost ${fields.cost}, ${fields.missing}`)
      continue
    }
    rowSums.set(account.consumer, (rowSums.get(account.consumer) ?? 0n) + cost)
    if (account.way === 'cancelled') {
      cancelled++
      cancelledNano += cost
      upstreamNano += account.costNano
      if (fields.source !== 'counted' || fields.end !== 'client_gone')
        wrong.push(`${id}: ${fields.source} ${fields.end}`)
    } else if (cost !== account.costNano) wrong.push(`${id}: ${account.way} cost ${account.costNano}, not ${cost}`)
  }
  t.strictSame(wrong, [], 'every row is what the upstream has reckoned')
  t.strictSame(Object.fromEntries(spent), Object.fromEntries(rowSums), 'budgets have spent what the rows say')
  t.strictSame(await rolledUp(directory), Object.fromEntries(rowSums), 'and so do the figures that outlive them')
  t.comment(`${cancelled} cancelled: ${cancelledNano} nano-dollars were counted of ${upstreamNano} for whole answers`)
  t.ok(cancelled > 0 && cancelledNano > 0n && cancelledNano < 2n * upstreamNano)
})

function keyOf(consumer: string): string {
  return `tck_${consumer}-0123456789abcdef0123456789abcdef`
}

function event(value: object): string {
  return `data: ${JSON.stringify(value)}\n\n`
}

/** Money as it is shown, in billionths. */
function nanoOf(text: string): bigint {
  const [, whole = '', part = ''] = /^(\d+)\.(\d+) USD$/.exec(text) ?? []
  return BigInt(whole + part.padEnd(9, '0'))
}

/** Asks, and closes the connection when the upstream is in the middle of its answer. */
function leaveEarly(url: string, target: string, headers: Record<string, string>, body: string): Promise<void> {
  return new Promise(resolve => {
    const { hostname, port } = new URL(url)
    const socket = connect(Number(port), hostname)
    let answered = ''
    socket.on('error', () => {})
    socket.on('data', (bytes: Buffer) => {
      answered += bytes.toString('latin1')
      if (answered.includes(LEAVE)) socket.destroy()
    })
    socket.on('close', () => resolve())
    const lines = Object.entries({ host: 'gateway', ...headers, 'content-length': `${body.length}` })
    socket.write(
      `POST ${target} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n${body}`
    )
  })
}

/** What the figures beside the rows say of each consumer. */
async function rolledUp(directory: string): Promise<Record<string, unknown>> {
  const records = await Records.open({
    directory,
    masterKeys: [new LocalMasterKey(new SecretText(TEST_MASTER_KEY))],
    clock: systemClock,
    vocabulary: new Vocabulary(),
    lives: LIVES
  })
  records.kind('ledger', 'usage', USAGE)
  const now = Math.floor(systemClock.now() / QUARTER_MS) * QUARTER_MS
  const query = { from: now - 8 * QUARTER_MS, to: now + 8 * QUARTER_MS, by: ['consumer'] }
  const figures = await records.rollup('ledger.usage', query)
  await records.close()
  return Object.fromEntries(figures.map(({ by, sums }) => [by.consumer, sums.cost]))
}

const QUARTER_MS = 900_000
