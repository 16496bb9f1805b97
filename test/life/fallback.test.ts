import t from 'tap'
import { send } from '../support/client.ts'
import { routeOf, startTestGateway, upstreamOf } from '../support/gateway.ts'
import { type Handler, startUpstream, type Teardown, type UpstreamExchange } from '../support/upstream.ts'

const SSE = { 'content-type': 'text/event-stream' }
const event = (data: unknown, type?: string) =>
  `${type === undefined ? '' : `event: ${type}\n`}data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`

/** Of each dialect: what opens a stream without saying anything, what it says, and how it ends. */
const STREAMS = {
  'openai-chat': {
    opening: event({ choices: [{ delta: { role: 'assistant', content: '' } }] }),
    content: (text: string) => event({ choices: [{ delta: { content: text } }] }),
    end: event('[DONE]'),
    failure: event({ error: { message: 'overloaded', type: 'server_error' } })
  },
  'anthropic-messages': {
    opening: event({ type: 'message_start', message: { id: 'm', role: 'assistant', content: [] } }, 'message_start'),
    content: (text: string) =>
      event({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } }, 'content_block_delta'),
    end: event({ type: 'message_stop' }, 'message_stop'),
    failure: event({ type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } }, 'error')
  },
  'openai-responses': {
    opening: event({ type: 'response.created', response: { id: 'r', status: 'in_progress' } }, 'response.created'),
    content: (text: string) => event({ type: 'response.output_text.delta', delta: text }, 'response.output_text.delta'),
    end: event({ type: 'response.completed', response: { id: 'r', status: 'completed' } }, 'response.completed'),
    failure: event({ type: 'error', code: 'server_error', message: 'overloaded' }, 'error')
  },
  gemini: {
    opening: event({ usageMetadata: { promptTokenCount: 3 } }),
    content: (text: string) => event({ candidates: [{ content: { parts: [{ text }], role: 'model' } }] }),
    end: event({ candidates: [{ finishReason: 'STOP', content: { parts: [{ text: '.' }], role: 'model' } }] }),
    failure: event({ error: { code: 503, message: 'overloaded', status: 'UNAVAILABLE' } })
  }
} as const
type Dialect = keyof typeof STREAMS

const ROUTING = `
  import { definePlugin, Type } from 'tacit-gateway/plugin'
  export default definePlugin({
    contract: 1, name: 'routing', summary: 'Names targets.', data: { reads: [] }, config: Type.Object({}),
    setup (_config, host) {
      const targets = ['first', 'second'].map(id => ({ upstream: host.upstream(id) }))
      return { requestFilter: exchange => exchange.routeTo(targets) }
    }
  })`

/** Two targets, each with one server; neither is tried again. */
async function start(t: Teardown, dialect: string, first: Handler, second: Handler, settings: object = {}) {
  const servers = [await startUpstream(t, first), await startUpstream(t, second)]
  const gateway = await startTestGateway(
    t,
    {
      upstreams: servers.map(({ url }, index) => ({
        ...upstreamOf([url], { retry: { attempts: 1 }, ...settings }),
        id: index === 0 ? 'first' : 'second'
      })),
      routes: [routeOf({ upstream: undefined, dialect, plugins: [{ use: './routing.ts' }] })]
    },
    { files: { 'routing.ts': ROUTING } }
  )
  const ask = () => send({ url: gateway.url, method: 'POST', body: '{"stream":true}' })
  return { servers, ask }
}

/** Opens a stream and then fails in one of the ways in which streams do. */
const FAILURES: Readonly<Record<string, (exchange: UpstreamExchange, dialect: Dialect) => Promise<void>>> = {
  'an error event': async (exchange, dialect) => {
    await exchange.write(STREAMS[dialect].failure)
    exchange.end()
  },
  'a cut': async exchange => exchange.cut(),
  'a reset': async exchange => exchange.reset(),
  'a cut within an event': async (exchange, dialect) => {
    await exchange.write(STREAMS[dialect].content('lost').slice(0, 30))
    exchange.cut()
  }
}

for (const dialect of Object.keys(STREAMS) as Dialect[]) {
  const { opening, content, end } = STREAMS[dialect]
  const whole = opening + content('whole') + end
  const good: Handler = async exchange => {
    exchange.head(200, SSE)
    await exchange.write(whole)
    exchange.end()
  }

  t.test(
    `a ${dialect} stream that fails before any content is the next target’s, and nobody sees anything of it`,
    async t => {
      for (const [name, fail] of Object.entries(FAILURES)) {
        const first: Handler = async exchange => {
          exchange.head(200, SSE)
          await exchange.write(`: still thinking\n\n${opening}`)
          await fail(exchange, dialect)
        }
        const { servers, ask } = await start(t, dialect, first, good)
        const { status, body, complete, headers } = await ask()
        t.strictSame([status, complete, body.toString()], [200, true, whole], name)
        t.strictSame([headers['x-tacit-upstream'], headers['x-tacit-attempts']], ['second', '2'], name)
        t.strictSame(
          servers.map(({ requests }) => requests.map(seen => seen.body.toString())),
          [['{"stream":true}'], ['{"stream":true}']],
          name
        )
      }
    }
  )

  t.test(
    `a ${dialect} stream that fails after its first content ends with an error, and goes nowhere else`,
    async t => {
      for (const [name, fail] of Object.entries(FAILURES)) {
        const first: Handler = async exchange => {
          exchange.head(200, SSE)
          await exchange.write(opening + content('half'))
          await fail(exchange, dialect)
        }
        const { servers, ask } = await start(t, dialect, first, good)
        const { body, complete, headers } = await ask()
        const text = body.toString()
        t.equal(servers[1]?.requests.length, 0, name)
        t.ok(text.startsWith(opening + content('half')), name)
        t.notOk(text.includes(end), `${name}: no false end`)
        t.match(text.slice((opening + content('half')).length), /error/, `${name}: and no silence`)
        // An error event that the upstream sent, and ended well, is whole.
        t.equal(complete, name === 'an error event', name)
        t.strictSame([headers['x-tacit-upstream'], headers['x-tacit-attempts']], ['first', '1'])
      }
    }
  )

  t.test(`when every target fails a ${dialect} client is told so, whole`, async t => {
    const cut: Handler = async exchange => {
      exchange.head(200, SSE)
      await exchange.write(opening)
      exchange.cut()
    }
    const { ask } = await start(t, dialect, cut, exchange => exchange.reset())
    const { status, body, complete, headers } = await ask()
    t.strictSame([status, complete], [502, true])
    t.match(body.toString(), /upstream_failed|UNAVAILABLE|error/)
    t.strictSame([headers['x-tacit-upstream'], headers['x-tacit-attempts']], ['second', '2'])
  })
}

t.test('a stream whose content is late is given up for the next target, within the time of a try', async t => {
  const { opening, content, end } = STREAMS['openai-chat']
  const silent: Handler = async exchange => {
    exchange.head(200, SSE)
    await exchange.write(opening)
  }
  const good: Handler = exchange => exchange.answer(200, SSE, opening + content('whole') + end)
  const { ask, servers } = await start(t, 'openai-chat', silent, good, { timeouts: { perTry: '1s', opening: '1h' } })
  const { status, body, headers } = await ask()
  t.strictSame([status, body.toString()], [200, opening + content('whole') + end])
  t.strictSame([headers['x-tacit-upstream'], servers[0]?.requests.length], ['second', 1])
})
