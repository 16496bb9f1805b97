/** A gateway with an admin listener that tests may ask, and a plugin with endpoints in it. Starts nothing by itself. */
import { createHmac } from 'node:crypto'
import type { Gateway } from '../../../core/gateway.ts'
import { send } from '../../support/client.ts'
import { routeOf, startTestGateway, upstreamOf } from '../../support/gateway.ts'
import { startUpstream, type Teardown, type UpstreamExchange } from '../../support/upstream.ts'

const DIGEST_KEY = 'key-of-these-tests'

/** What a configuration keeps of a key or a token. */
export function digestOf(text: string): string {
  return `hmac-sha256:${createHmac('sha256', DIGEST_KEY).update(text).digest('base64url')}`
}

/** A plugin that keeps notes for consumers, shows how many, and lets operators drop them. */
const NOTES = `
import { definePlugin, Type } from 'tacit-gateway/plugin'

const Note = Type.Object({ text: Type.String({ maxLength: 100 }) })

export default definePlugin({
  contract: 1,
  name: 'notes',
  summary: 'Keeps notes.',
  config: Type.Object({ secret: Type.Optional(Type.String()) }),
  reasons: { no_notes: { status: 404, message: 'There are no notes.', retryable: false } },
  endpoints: {
    list: {
      listener: 'admin', method: 'GET', path: '/notes', role: 'viewer', summary: 'Counts the notes of all.',
      request: Type.Object({ least: Type.Integer({ default: 0 }) }),
      response: Type.Object({ counts: Type.Record(Type.String(), Type.Integer()) })
    },
    drop: {
      listener: 'admin', method: 'DELETE', path: '/notes/{consumer}', role: 'operator', summary: 'Drops the notes of one.',
      response: Type.Object({ dropped: Type.Integer() })
    },
    add: {
      listener: 'public', method: 'POST', path: '/notes', role: 'consumer', summary: 'Keeps a note.', status: 201,
      request: Note, response: Type.Object({ count: Type.Integer() })
    },
    own: {
      listener: 'public', method: 'GET', path: '/notes', role: 'consumer', summary: 'Tells the notes of who asks.',
      response: Type.Object({ notes: Type.Array(Note) })
    }
  },
  data: { reads: ['identity'] },
  setup(config, host) {
    const notes = new Map()
    return {
      show: () => ({ all: { consumers: notes.size, word: 'plain', sentence: 'not a word', list: [1] } }),
      endpoints: {
        list: ({ input }) => ({
          counts: Object.fromEntries([...notes].map(([id, of]) => [id, of.length]).filter(([, count]) => count >= input.least))
        }),
        drop({ params }) {
          const dropped = notes.get(params.consumer)
          if (dropped === undefined) return host.refuse('no_notes')
          notes.delete(params.consumer)
          return { dropped: dropped.length }
        },
        add({ actor, input }) {
          const own = [...(notes.get(actor) ?? []), input]
          notes.set(actor, own)
          return { count: own.length }
        },
        own: async ({ actor }) => ({ notes: notes.get(actor) ?? [] })
      }
    }
  }
})
`

/** A gateway, its upstream, and short ways to ask it. */
export interface AdminGateway {
  readonly gateway: Gateway
  /** Status and parsed answer of the admin listener. */
  ask(path: string, options?: Asked): Promise<readonly [status: number, answer: unknown]>
  /** The same of the public listener, as the consumer `ada`. */
  call(path: string, options?: Asked): Promise<readonly [status: number, answer: unknown]>
}

/** A request besides its path. */
export interface Asked {
  readonly method?: string
  readonly token?: string
  readonly body?: unknown
}

/**
 * Starts it: a route `chat` to peers `peer-1` and `peer-2` of `upstream`, and a route `account` for the notes.
 * @param more besides or instead of the usual configuration.
 */
export async function startAdminGateway(
  t: Teardown,
  more: Readonly<Record<string, unknown>> = {},
  answer: (exchange: UpstreamExchange) => void | Promise<void> = exchange => exchange.answer(200, {}, 'hello')
): Promise<AdminGateway> {
  const upstream = await startUpstream(t, answer)
  const gateway = await startTestGateway(
    t,
    {
      digestKey: '${DIGEST_KEY}',
      consumers: [{ id: 'ada', credentials: { 'key-auth': { keyHash: digestOf('key-of-ada') } } }],
      plugins: [{ use: './notes.ts' }],
      upstreams: [upstreamOf([upstream.url, upstream.url], { balancer: { use: 'least-latency' } })],
      routes: [
        routeOf({
          id: 'account',
          match: { path: '/account/*' },
          upstream: undefined,
          endpoints: 'notes',
          plugins: [{ use: 'key-auth' }]
        }),
        routeOf({ id: 'chat', match: { host: 'chat.example', method: ['GET', 'POST'], path: '/*' } })
      ],
      ...more
    },
    { environment: { DIGEST_KEY }, files: { 'notes.ts': NOTES } }
  )
  const asking =
    (origin: string, usual: Readonly<Record<string, string>>) =>
    async (path: string, asked: Asked = {}) => {
      const { method = 'GET', token, body } = asked
      const { status, body: bytes } = await send({
        url: `${origin}${path}`,
        method,
        headers: {
          ...usual,
          ...(token !== undefined && { authorization: `Bearer ${token}` }),
          ...(body !== undefined && { 'content-type': 'application/json' })
        },
        ...(body !== undefined && { body: JSON.stringify(body) })
      })
      const said: unknown = bytes.length === 0 ? undefined : JSON.parse(bytes.toString())
      return [status, said] as const
    }
  return {
    gateway,
    ask: asking(gateway.adminUrl, {}),
    call: asking(gateway.url, { authorization: 'Bearer key-of-ada' })
  }
}
