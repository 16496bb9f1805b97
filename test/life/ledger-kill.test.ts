/** Gateways that are killed under load: what was complete before that has its row when they are back, and one only. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { ACME_CATALOGUE } from '../support/catalogue.ts'
import { send } from '../support/client.ts'
import { isFull } from '../support/full.ts'
import { routeOf, upstreamOf } from '../support/gateway.ts'
import { keptRows, recordsFolder, TEST_MASTER_KEY } from '../support/kept-rows.ts'
import { runNode } from '../support/process.ts'
import { seededRandom } from '../support/random.ts'
import { startUpstream } from '../support/upstream.ts'

const COMMAND = fileURLToPath(new URL('../../core/cli/tacit.js', import.meta.url))
const KILLS = isFull ? 50 : 5
const CLIENTS = 8
/** What a group of rows may take to the disk, in ms: the promise is 50, which a machine full of other tests cannot keep. */
const WINDOW_MS = isFull ? 50 : 500
const BODY = JSON.stringify({ model: 'small', messages: [{ role: 'user', content: 'Good morning' }] })

t.setTimeout(900_000)

t.test(`${KILLS} gateways are killed under load, and every exchange that was complete before has one row`, async t => {
  const random = seededRandom(9)
  const directory = await recordsFolder(t)
  const upstream = await startUpstream(t, async exchange => {
    await exchange.body
    const usage = { prompt_tokens: 100, completion_tokens: 10 }
    const answer = { model: 'small', choices: [{ message: { content: 'Hello' } }], usage }
    const id = String(exchange.headers['x-tacit-request-id'])
    exchange.answer(200, { 'content-type': 'application/json', 'x-id': id }, JSON.stringify(answer))
  })
  const file = join(directory, 'gateway.yaml')
  await writeFile(
    file,
    JSON.stringify({
      version: 1,
      listen: { port: 0 },
      admin: { port: 0 },
      catalogue: ACME_CATALOGUE,
      records: { directory: 'rows', masterKey: TEST_MASTER_KEY },
      upstreams: [upstreamOf([upstream.url], { provider: 'acme' })],
      routes: [routeOf({ plugins: [{ use: 'ledger' }, { use: 'metering' }] })]
    })
  )

  const promised = new Set<string>()
  const all = new Set<string>()
  for (let life = 0; life < KILLS; life++) {
    const { child, reports, exited } = runNode(t, [COMMAND, 'start', file])
    const url = await reports(/listens on (http[^\s,]+),/)
    const complete: { readonly id: string; readonly atMs: number }[] = []
    const enough = 40 + Math.floor(random() * 200)
    let isDead = false
    const client = async () => {
      while (!isDead) {
        const answer = await send({ url: `${url}/v1/chat/completions`, method: 'POST', body: BODY }).catch(
          () => undefined
        )
        if (answer?.status !== 200) return
        complete.push({ id: String(answer.headers['x-id']), atMs: performance.now() })
        // In the middle of the work of all clients, once the first have been complete for long enough.
        const first = complete[0]?.atMs ?? 0
        if (isDead || complete.length < enough || performance.now() - first < 2 * WINDOW_MS) continue
        isDead = true
        child.kill('SIGKILL')
      }
    }
    await Promise.all(Array.from({ length: CLIENTS }, client))
    const killedMs = performance.now()
    // Had all clients been turned away, it would live on.
    child.kill('SIGKILL')
    t.ok(isDead, 'it was killed while it worked')
    await exited
    for (const { id, atMs } of complete) {
      all.add(id)
      if (atMs < killedMs - WINDOW_MS) promised.add(id)
    }
  }

  const rows = await keptRows(join(directory, 'rows'), 'ledger.usage')
  const kept = new Set(rows.map(({ id }) => id))
  t.ok(
    promised.size >= KILLS * 10,
    `${all.size} were complete, ${promised.size} of them long enough; ${rows.length} rows`
  )
  t.strictSame(
    [...promised].filter(id => !kept.has(id)),
    [],
    'none is lost'
  )
  t.equal(rows.length, kept.size, 'none is there twice')
  t.strictSame(
    rows.filter(({ fields }) => all.has(String(fields.exchange)) && fields.cost !== 140_000n),
    [],
    'and none is torn'
  )
})
