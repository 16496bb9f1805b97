/** One exchange for each way of ending, and the row that it leaves: who is charged for what, by the rule for that way. */
import { connect } from 'node:net'
import t from 'tap'
import type { EndReason } from '../../core/plugin.ts'
import { ACME_CATALOGUE } from '../support/catalogue.ts'
import { send } from '../support/client.ts'
import { routeOf, startTestGateway, upstreamOf } from '../support/gateway.ts'
import { keptRows, recordsFolder, TEST_MASTER_KEY } from '../support/kept-rows.ts'
import { freePort } from '../support/redis.ts'
import { startUpstream } from '../support/upstream.ts'

t.setTimeout(120_000)

const FAILING = `
  import { definePlugin, Type } from 'tacit-gateway/plugin'
  export default definePlugin({
    contract: 1, name: 'failing', summary: 'Throws when an answer has begun.', config: Type.Object({}),
    data: { reads: ['metadata'] },
    setup: () => ({ responseFilter () { throw new Error('a fault') } })
  })`

/** What a row says of an exchange: how it ended, whose figures, input counted at all, output, and cost known at all. */
interface Expected {
  readonly end: EndReason
  readonly source: 'reported' | 'counted'
  readonly hasInput: boolean
  readonly output: number
}

const BODY = JSON.stringify({ model: 'small', stream: true, messages: [{ role: 'user', content: 'Good morning' }] })
const event = (value: object) => `data: ${JSON.stringify(value)}\n\n`
const WORDS = event({ model: 'small', choices: [{ delta: { content: 'w' } }] }).repeat(3)
const STOP = event({ choices: [{ delta: {}, finish_reason: 'stop' }] })
const USAGE = event({ choices: [], usage: { prompt_tokens: 21, completion_tokens: 7 } })
const FAILED = event({ error: { message: 'failed' } })

/** What the upstream does, by the path that is asked for. */
const SAYS: Readonly<Record<string, { readonly text: string; readonly after: 'end' | 'cut' | 'silent' }>> = {
  complete: { text: `${WORDS}${STOP}${USAGE}data: [DONE]\n\n`, after: 'end' },
  untold: { text: `${WORDS}${STOP}data: [DONE]\n\n`, after: 'end' },
  cut: { text: WORDS, after: 'cut' },
  failing: { text: `${WORDS}${FAILED}`, after: 'end' },
  failed: { text: FAILED, after: 'end' },
  deadline: { text: WORDS, after: 'silent' },
  leave: { text: WORDS, after: 'silent' },
  shutdown: { text: WORDS, after: 'silent' },
  thrown: { text: WORDS, after: 'end' }
}

const EXPECTED: Readonly<Record<string, Expected>> = {
  complete: { end: 'complete', source: 'reported', hasInput: true, output: 7 },
  untold: { end: 'complete', source: 'counted', hasInput: true, output: 3 },
  cut: { end: 'upstream_cut', source: 'counted', hasInput: true, output: 3 },
  failing: { end: 'error_in_stream', source: 'counted', hasInput: true, output: 3 },
  failed: { end: 'error_in_stream', source: 'counted', hasInput: false, output: 0 },
  deadline: { end: 'deadline', source: 'counted', hasInput: true, output: 3 },
  leave: { end: 'client_gone', source: 'counted', hasInput: true, output: 3 },
  shutdown: { end: 'shutdown', source: 'counted', hasInput: true, output: 3 },
  refused: { end: 'refused', source: 'counted', hasInput: false, output: 0 },
  nowhere: { end: 'no_upstream', source: 'counted', hasInput: false, output: 0 },
  thrown: { end: 'plugin_failed', source: 'counted', hasInput: false, output: 0 }
}

t.test('each way of ending leaves one row, with what it is charged for', async t => {
  const directory = await recordsFolder(t)
  const upstream = await startUpstream(t, async exchange => {
    await exchange.body
    const says = SAYS[nameOf(exchange.target)]
    if (says === undefined) throw new Error('nobody planned this call')
    exchange.head(200, { 'content-type': 'text/event-stream' })
    await exchange.write(says.text)
    if (says.after === 'end') exchange.end()
    else if (says.after === 'cut') exchange.cut()
  })
  const plugins = [{ use: 'ledger' }, { use: 'metering' }]
  const route = (id: string, settings: object = {}) =>
    routeOf({ id, match: { path: `/${id}/*` }, plugins, ...settings })
  const gateway = await startTestGateway(
    t,
    {
      shutdownGrace: '200ms',
      digestKey: 'key of a test of endings',
      catalogue: ACME_CATALOGUE,
      records: { directory, masterKey: TEST_MASTER_KEY },
      upstreams: [
        upstreamOf([upstream.url], { provider: 'acme', retry: { attempts: 1 } }),
        { ...upstreamOf([`http://127.0.0.1:${await freePort()}`], { provider: 'acme' }), id: 'gone' }
      ],
      routes: [
        route('deadline', { limits: { maxStreamDuration: '1s' } }),
        route('refused', { plugins: [{ use: 'ledger' }, { use: 'key-auth' }, { use: 'metering' }] }),
        route('nowhere', { upstream: 'gone' }),
        route('thrown', { plugins: [...plugins, { use: './failing.ts' }] }),
        routeOf({ id: 'all', plugins })
      ]
    },
    { files: { 'failing.ts': FAILING } }
  )
  const names = Object.keys(EXPECTED)
  for (const name of names) {
    const url = `${gateway.url}/${name}/v1/chat/completions`
    if (name === 'leave') await opened(url, true)
    else if (name === 'shutdown') await opened(url, false)
    else await send({ url, method: 'POST', body: BODY }).catch(() => undefined)
  }
  await gateway.close()

  const rows = await keptRows(directory, 'ledger.usage')
  t.equal(rows.length, names.length)
  const found = rows.map(({ fields: { end, source, input, output } }) => ({
    end,
    source,
    hasInput: input !== 0,
    output
  }))
  const inOrder = (list: readonly object[]) => list.map(entry => JSON.stringify(entry)).sort()
  t.strictSame(inOrder(found), inOrder(Object.values(EXPECTED)))
  t.notOk(
    rows.some(({ fields }) => typeof fields.cost !== 'bigint'),
    'and what each of them costs is known'
  )
})

function nameOf(target: string): string {
  return target.split('/')[1] ?? ''
}

/** Opens a stream and waits for all that it says. @param leaves whether its client is gone then */
function opened(url: string, leaves: boolean): Promise<void> {
  return new Promise(resolve => {
    const { hostname, port, pathname } = new URL(url)
    const socket = connect(Number(port), hostname)
    let answered = ''
    socket.on('error', () => {})
    socket.on('data', (bytes: Buffer) => {
      answered += bytes.toString('latin1')
      if (answered.split('"w"').length <= 3) return
      if (leaves) socket.destroy()
      resolve()
    })
    socket.write(`POST ${pathname} HTTP/1.1\r\nhost: gateway\r\ncontent-length: ${BODY.length}\r\n\r\n${BODY}`)
  })
}
