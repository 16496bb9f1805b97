/**
 * Gateways in processes of their own that are killed while they work, one after another, and what they had answered until
 * then. Knows nothing of where their rows go.
 */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { fileURLToPath } from 'node:url'
import { ACME_CATALOGUE } from './catalogue.ts'
import { send } from './client.ts'
import { isFull } from './full.ts'
import { routeOf, upstreamOf } from './gateway.ts'
import { runNode } from './process.ts'
import { seededRandom } from './random.ts'
import { startUpstream, type Teardown } from './upstream.ts'

const COMMAND = fileURLToPath(new URL('../../core/cli/tacit.js', import.meta.url))
const CLIENTS = 8
/** What a group of rows may take to the disk, in ms: the promise is 50, which a machine full of other tests cannot keep. */
const WINDOW_MS = isFull ? 50 : 500
const BODY = JSON.stringify({ model: 'small', messages: [{ role: 'user', content: 'Good morning' }] })

/** Gateways that die. */
export const KILLS = isFull ? 50 : 5

/** Ids of exchanges that were complete. */
export interface Answered {
  readonly all: ReadonlySet<string>
  /** Long enough before the kill, so that their rows are promised. */
  readonly promised: ReadonlySet<string>
}

/** The file of a gateway that keeps a row for each exchange, of 140,000 nano-dollars. */
export async function writeLedgerGateway(
  t: Teardown,
  folder: string,
  name: string,
  settings: Readonly<Record<string, unknown>>,
  plugins: readonly object[] = [{ use: 'ledger' }, { use: 'metering' }]
): Promise<string> {
  const upstream = await startUpstream(t, async exchange => {
    await exchange.body
    const usage = { prompt_tokens: 100, completion_tokens: 10 }
    const answer = { model: 'small', choices: [{ message: { content: 'Hello' } }], usage }
    const id = String(exchange.headers['x-tacit-request-id'])
    exchange.answer(200, { 'content-type': 'application/json', 'x-id': id }, JSON.stringify(answer))
  })
  const file = join(folder, `${name}.yaml`)
  await writeFile(
    file,
    JSON.stringify({
      version: 1,
      listen: { port: 0 },
      admin: { port: 0 },
      catalogue: ACME_CATALOGUE,
      upstreams: [upstreamOf([upstream.url], { provider: 'acme' })],
      routes: [routeOf({ plugins })],
      ...settings
    })
  )
  return file
}

/** A gateway of a file that lives, and where it listens. */
export async function startProcess(t: Teardown, file: string) {
  const running = runNode(t, [COMMAND, 'start', file])
  return { ...running, url: await running.reports(/listens on (http[^\s,]+),/) }
}

/** Starts gateways of one file one after another, and kills each while all clients work. @returns what they had answered. */
export async function killUnderLoad(t: Teardown, file: string): Promise<Answered> {
  const random = seededRandom(9)
  const promised = new Set<string>()
  const all = new Set<string>()
  for (let life = 0; life < KILLS; life++) {
    const { child, url, exited } = await startProcess(t, file)
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
    if (!isDead) throw new Error('a gateway turned its clients away before it was killed')
    await exited
    for (const { id, atMs } of complete) {
      all.add(id)
      if (atMs < killedMs - WINDOW_MS) promised.add(id)
    }
  }
  return { all, promised }
}
