import t from 'tap'
import { explanationLines } from '../../../core/cli/explanation-lines.ts'
import { explain } from '../../../core/dry-run/explain.ts'
import { COLOURS, PLAIN } from '../../../core/paint.ts'
import { loadForDryRun, TWO_UPSTREAMS } from '../../support/dry.ts'

const loaded = await loadForDryRun({
  ...TWO_UPSTREAMS,
  plugins: [{ use: 'access-log' }],
  responseHeaders: { overhead: false },
  routes: [
    { ...TWO_UPSTREAMS.routes[0], plugins: [{ use: 'headers', config: { response: { set: { 'x-one': '1' } } } }] }
  ]
})

t.test('reads from the request to the answer', async t => {
  const explanation = await explain(loaded, { method: 'GET', target: '/v1/models' }, { at: 0 })
  t.equal(
    explanationLines(explanation, PLAIN),
    `GET /v1/models
  route   all  (openai-chat)
  target  chat: the first choice, and it answered

try 1: chat/eu  https://eu.llm.example.com
  upstreamPeer  weighted  chooses eu (weight 3)
  not us: its turn comes later (weight 1, standing 1)
  > GET /v1/models  0 bytes of body
  > host: eu.llm.example.com
  > x-forwarded-for: 192.0.2.1
  > x-forwarded-proto: http
  > x-forwarded-host: localhost
  > via: 1.1 tacit-dry-run
  > x-tacit-request-id: [request id]
  < committed 200, as assumed

way out
  responseFilter  headers  changes +x-one

afterwards
  logging  access-log  done

answer
  200 from chat/eu  2 bytes of body
  < content-type: application/json
  < content-length: 2
  < x-one: 1
  < x-tacit-request-id: [request id]
  < x-tacit-upstream: chat
  < x-tacit-attempts: 1
  < via: 1.1 tacit
`
  )
})

t.test('shows what was not reached, and says that no route matches', async t => {
  const guarded = await loadForDryRun({
    ...TWO_UPSTREAMS,
    digestKey: 'a digest key of a test',
    routes: [
      {
        id: 'one',
        match: { path: '/v1' },
        upstream: 'chat',
        plugins: [{ use: 'key-auth' }, { use: 'cors', config: { origins: ['*'] } }]
      }
    ]
  })
  const refused = explanationLines(await explain(guarded, { method: 'GET', target: '/v1' }, { at: 0 }), PLAIN)
  t.match(refused, /requestFilter {2}key-auth {2}refused: missing_api_key\n {17}cors {6}not reached\n/)
  t.match(refused, /a try at chat\n {2}upstreamPeer +weighted +not reached\n/)
  t.match(refused, '401 missing_api_key from the gateway, refused')
  const lost = explanationLines(await explain(guarded, { method: 'GET', target: '/v2' }, { at: 0 }), PLAIN)
  t.match(lost, /route {2}none matches\n\nanswer\n {2}404 route_not_found from the gateway/)
})

t.test('says what is the same in colours', async t => {
  const explanation = await explain(loaded, { method: 'GET', target: '/' }, { at: 0 })
  const painted = explanationLines(explanation, COLOURS)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
  t.equal(painted.replace(/\x1b\[\d+m/g, ''), explanationLines(explanation, PLAIN))
  t.not(painted, explanationLines(explanation, PLAIN))
})
