import { CONSUMER, CREDENTIAL, MODELS_CHECKED } from 'tacit-gateway/plugin'
import { drive } from 'tacit-gateway/testing'
import t from 'tap'
import { keyedDigest } from '../../core/identity/digest.ts'
import modelScope from '../../plugins/model-scope/index.ts'
import { send } from '../support/client.ts'
import { routeOf, startTestGateway, upstreamOf } from '../support/gateway.ts'
import { startUpstream } from '../support/upstream.ts'

async function judged(body: unknown, { models, target }: { models?: readonly string[]; target?: string } = {}) {
  const plugin = await drive(modelScope)
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  const exchange = plugin.exchange({ body: text, ...(target !== undefined && { target }) })
  exchange.exchange.set(CONSUMER, { id: 'a', group: undefined, labels: {} })
  exchange.exchange.set(CREDENTIAL, { id: 'a/1', scopes: [], ...(models !== undefined && { goodFor: { models } }) })
  const outcome = await exchange.requestFilter().catch((error: unknown) => error)
  const reason: unknown = typeof outcome === 'object' && outcome !== null ? Reflect.get(outcome, 'reason') : undefined
  t.equal(exchange.exchange.get(MODELS_CHECKED), reason === undefined ? true : undefined)
  return reason
}

const models = ['gpt-4.1-mini', 'o4-*']

t.test('lets a credential pass that is good for every model, whatever it asks for', async t => {
  t.equal(await judged('no JSON at all'), undefined)
  t.equal(await judged({}), undefined)
})

t.test('lets models pass that a credential is good for, and no others', async t => {
  t.equal(await judged({ model: 'gpt-4.1-mini' }, { models }), undefined)
  t.equal(await judged({ model: 'o4-mini' }, { models }), undefined)
  for (const model of ['gpt-4.1', 'gpt-4.1-mini ', 'GPT-4.1-mini', 'o4']) {
    t.equal(await judged({ model }, { models }), 'model_not_allowed', model)
  }
  t.equal(await judged({ model: 'gpt-4.1-mini' }, { models: [] }), 'model_not_allowed', 'good for none')
  t.equal(await judged({}, { models }), 'model_not_told')
  t.equal(await judged({ model: 7 }, { models }), 'model_not_told')
})

t.test('finds every place in which a request may name a model', async t => {
  const model = 'gpt-4.1-mini'
  const target = '/v1beta/models/gemini-pro:generateContent'
  t.equal(await judged({ contents: [] }, { models: ['gemini-pro'], target }), undefined)
  t.equal(await judged({ model: 'gemini-pro' }, { models: ['gemini-pro'], target }), undefined)
  t.equal(await judged({ model }, { models, target }), 'model_not_allowed', 'the path says another one')
  t.equal(await judged({ model, models: [model, 'o4-mini'] }, { models }), undefined)
  t.equal(await judged({ model, models: [model, 'gpt-5'] }, { models }), 'model_not_allowed')
  t.equal(await judged({ model, fallbacks: [{ model: 'gpt-5' }] }, { models }), 'model_not_allowed')
  t.equal(await judged({ model, models: [[model]] }, { models }), 'model_not_allowed', 'something that nobody can read')
  t.equal(await judged(`{"model":"gpt-5","model":"${model}"}`, { models }), 'invalid_json', 'two of one name')
  t.equal(await judged(`{"Model":"gpt-5","model":"${model}"}`, { models }), 'invalid_json', 'in other letters')
  t.equal(await judged('[]', { models }), 'invalid_body')
})

t.test('a key for some models is refused on a route that does not look at them', async t => {
  const digestKey = '0123456789abcdef'
  const upstream = await startUpstream(t, exchange => exchange.answer(200, {}, 'hello'))
  const keyHash = keyedDigest(digestKey, 'sk-one')
  const { url } = await startTestGateway(t, {
    digestKey,
    consumers: [{ id: 'one', credentials: { 'key-auth': { keyHash, goodFor: { models } } } }],
    upstreams: [upstreamOf([upstream.url])],
    routes: [
      routeOf({ id: 'open', match: { path: '/open' }, plugins: [{ use: 'key-auth' }] }),
      routeOf({ id: 'chat', match: { path: '/chat' }, plugins: [{ use: 'key-auth' }, { use: 'model-scope' }] })
    ]
  })
  const ask = async (path: string, model: string) => {
    const headers = { authorization: 'Bearer sk-one', 'content-type': 'application/json' }
    const { status, body } = await send({
      url: `${url}${path}`,
      method: 'POST',
      headers,
      body: JSON.stringify({ model })
    })
    return `${status} ${/models?_not_\w+/.exec(`${body}`)?.[0] ?? ''}`
  }
  t.equal(await ask('/open', 'o4-mini'), '403 models_not_checked')
  t.equal(await ask('/chat', 'o4-mini'), '200 ')
  t.equal(await ask('/chat', 'gpt-5'), '403 model_not_allowed')
  t.equal(upstream.requests.length, 1)
})
