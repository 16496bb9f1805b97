import t from 'tap'
import { load } from './support.ts'

const rest = `
digestKey: \${DIGEST_KEY}
upstreams: [{ id: chat, peers: [{ id: eu, url: https://eu.example.com }] }]
routes: [{ id: chat, match: { path: /v1/chat }, upstream: chat }]
`

t.test('takes tokens with names and digests of their own', async t => {
  const [one, other] = ['a', 'b'].map(letter => `hmac-sha256:${letter.repeat(43)}`)
  const tokens = `[{ id: ada, role: owner, keyHash: "${one}" }, { id: eve, role: viewer, keyHash: "${other}" }]`
  const { configuration, warnings } = await load(`version: 1\nadmin: { tokens: ${tokens} }\n${rest}`)
  t.strictSame(warnings, [])
  t.match(configuration.admin.tokens, [{ id: 'ada', role: 'owner', keyHash: one }, { id: 'eve' }])
})

t.test('takes none', async t => {
  const { configuration } = await load(`version: 1\n${rest}`)
  t.strictSame(configuration.admin.tokens, [])
})
