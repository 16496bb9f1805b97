/** A gateway that meters and keeps rows, with two consumers and one who has two keys, in front of a server that counts by what it is asked. */
import { keyedDigest } from '../../core/identity/digest.ts'
import { ACME_CATALOGUE } from './catalogue.ts'
import { send } from './client.ts'
import { routeOf, startTestGateway, upstreamOf } from './gateway.ts'
import { recordsFolder, TEST_MASTER_KEY } from './kept-rows.ts'
import { startUpstream, type Teardown } from './upstream.ts'

const DIGEST_KEY = 'a digest key of some length'
const digest = (key: string) => keyedDigest(DIGEST_KEY, key)

/** Keys of consumers: two of `ada`, one of `bob`. */
export const KEYS = { ada: 'key-of-ada', phone: 'other-key-of-ada', bob: 'key-of-bob' } as const
/** Whose key it is. */
export type Caller = keyof typeof KEYS
/** Tokens of the admin listener. */
export const TOKENS = { viewer: 'token-of-viewer' } as const

/** Starts it. The server answers with as many tokens as the body asks for. @param settings of the ledger. */
export async function startUsageGateway(t: Teardown, settings?: Readonly<Record<string, unknown>>) {
  const directory = await recordsFolder(t)
  const upstream = await startUpstream(t, async exchange => {
    const { model, prompt, completion } = JSON.parse(String(await exchange.body))
    const usage = { prompt_tokens: prompt, completion_tokens: completion }
    const content = { model, choices: [{ message: { content: 'canary-answer' } }], usage }
    exchange.answer(200, { 'content-type': 'application/json' }, JSON.stringify(content))
  })
  const credential = (key: string, id: string) => ({ id, keyHash: digest(key) })
  const gateway = await startTestGateway(t, {
    catalogue: ACME_CATALOGUE,
    digestKey: DIGEST_KEY,
    admin: { port: 0, tokens: [{ id: 'eye', role: 'viewer', keyHash: digest(TOKENS.viewer) }] },
    consumers: [
      {
        id: 'ada',
        credentials: { 'key-auth': [credential(KEYS.ada, 'laptop'), credential(KEYS.phone, 'phone')] }
      },
      { id: 'bob', credentials: { 'key-auth': [credential(KEYS.bob, 'only')] } }
    ],
    records: { directory, masterKey: TEST_MASTER_KEY },
    upstreams: [upstreamOf([upstream.url], { provider: 'acme' })],
    routes: [
      routeOf({
        id: 'chat',
        match: { method: 'POST', path: '/v1/*' },
        plugins: [
          { use: 'ledger', ...(settings !== undefined && { config: settings }) },
          { use: 'key-auth' },
          { use: 'budget', config: { budgets: [{ amount: '100.00 USD', each: 'month' }] } },
          { use: 'metering' }
        ]
      }),
      {
        id: 'account',
        match: { method: 'GET', path: '/v1/*' },
        endpoints: ['ledger', 'budget'],
        plugins: [{ use: 'key-auth' }]
      }
    ]
  })
  const authorization = (token: string | undefined) => (token === undefined ? {} : { authorization: `Bearer ${token}` })
  return {
    gateway,
    directory,
    /** Makes a call that uses so many tokens. @returns the id of the exchange. */
    async call(who: Caller, model: 'small' | 'large', prompt: number, completion: number): Promise<string> {
      const { headers } = await send({
        url: `${gateway.url}/v1/chat/completions`,
        headers: authorization(KEYS[who]),
        body: JSON.stringify({
          model,
          messages: [{ role: 'user', content: 'canary-prompt' }],
          max_tokens: completion,
          prompt,
          completion
        })
      })
      return String(headers['x-tacit-request-id'])
    },
    /** Asks as a consumer, below `/v1`. */
    async ask(who: Caller | undefined, path: string, headers: Readonly<Record<string, string>> = {}) {
      const key = who === undefined ? undefined : KEYS[who]
      const answer = await send({ url: `${gateway.url}/v1${path}`, headers: { ...authorization(key), ...headers } })
      return { ...answer, text: answer.body.toString('utf8') }
    },
    /** Asks the admin listener, below the place of the ledger. */
    async look(path: string, headers: Readonly<Record<string, string>> = {}) {
      const url = `${gateway.adminUrl}/plugins/ledger${path}`
      const answer = await send({ url, headers: { ...authorization(TOKENS.viewer), ...headers } })
      return { ...answer, text: answer.body.toString('utf8') }
    }
  }
}
