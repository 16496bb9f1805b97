import t from 'tap'
import { environment, load } from './support.ts'

const DIGEST = `hmac-sha256:${'a'.repeat(43)}`
const text = `version: 1
digestKey: \${DIGEST_KEY}
admin: { tokens: [{ id: ada, role: owner, keyHash: "${DIGEST}" }] }
consumers:
  - { id: team-a, labels: { apiKey: hunter2, plan: gold }, credentials: { key-auth: { keyHash: "${DIGEST.replace('aa', 'bb')}" } } }
upstreams:
  - id: chat
    timeouts: { connect: 2s }
    peers: [{ id: eu, url: https://eu.example.com, labels: { from: "\${LLM_KEY}", note: sk-live-1234567890123456 } }]
    plugins:
      - { use: upstream-auth, config: { secret: "Bearer \${LLM_KEY}", pepper: "\${file:llm.key}" } }
      - { use: upstream-auth, config: { secret: "literal-hunter2", pepper: "\${UNSET:-hunter2}" } }
routes: [{ id: chat, match: { path: /v1/chat }, upstream: chat, plugins: [{ use: key-auth }] }]
`

t.test('shows what counts as an operator would write it, with defaults', async t => {
  const { masked } = await load(text)
  t.match(masked(), {
    version: 1,
    shutdownGrace: '30s',
    listen: { host: '127.0.0.1', port: 8080, headersTimeout: '10s' },
    upstreams: [{ id: 'chat', timeouts: { connect: '2s', idle: '60s' }, peers: [{ id: 'eu', weight: 1 }] }],
    routes: [{ match: { path: '/v1/chat' }, plugins: [{ use: 'key-auth', config: { header: 'authorization' } }] }]
  })
})

t.test('shows references, and nothing of what they stand for or of what is secret', async t => {
  const { masked } = await load(text)
  const shown = masked()
  t.match(shown, {
    digestKey: '${DIGEST_KEY}',
    admin: { tokens: [{ id: 'ada', keyHash: '[digest]' }] },
    consumers: [{ labels: { apiKey: '[secret]', plan: 'gold' }, credentials: { 'key-auth': { keyHash: '[digest]' } } }],
    upstreams: [
      {
        peers: [{ labels: { from: '${LLM_KEY}', note: '[secret]' } }],
        plugins: [
          { config: { secret: '[secret]${LLM_KEY}', pepper: '${file:llm.key}' } },
          { config: { secret: '[secret]', pepper: '${UNSET:-[secret]}' } }
        ]
      }
    ]
  })
  const written = JSON.stringify(shown)
  for (const value of [...Object.values(environment), 'value-of-the-key-file', 'hunter2', 'sk-live', 'aaaa']) {
    if (value !== '') t.notOk(written.includes(value), value)
  }
})

t.test('shows the same however often it is asked, and changes nothing', async t => {
  const { masked, configuration } = await load(text)
  t.strictSame(masked(), masked())
  t.equal(configuration.digestKey?.reveal(), environment.DIGEST_KEY)
})
