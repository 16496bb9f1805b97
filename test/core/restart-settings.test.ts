import t from 'tap'
import { compareConfigurations } from '../../core/configuration/changes.ts'
import { needRestart } from '../../core/restart-settings.ts'
import { load } from './configuration/support.ts'

const rest = `
upstreams: [{ id: chat, peers: [{ id: eu, url: https://eu.example.com }] }]
routes: [{ id: chat, match: { path: /v1/chat }, upstream: chat }]
`

t.test('names every setting that cannot change while the gateway runs', async t => {
  const before = await load(`version: 1\nlisten: { port: 1 }\nadmin: { port: 2 }\n${rest}`)
  const after = await load(`version: 1\nlisten: { port: 1, host: "::1", tls: { cert: a, key: b } }\n${rest}`)
  t.strictSame(needRestart(compareConfigurations(before, after)).toSorted(), [
    'admin.port',
    'listen.host',
    'listen.tls.cert',
    'listen.tls.key',
    'listen.tls.minVersion'
  ])
})

t.test('names nothing that a reload puts into force', async t => {
  const before = await load(`version: 1\n${rest}`)
  const after = await load(
    `version: 1\nlog: { level: warn }\nshutdownGrace: 1s\nresponseHeaders: { overhead: false }\nplugins: [{ use: key-auth }]\ndigestKey: \${DIGEST_KEY}\n${rest.replace('/v1/chat', '/v2/chat')}`
  )
  t.strictSame(needRestart(compareConfigurations(before, after)), [])
})

t.test('tokens of the admin listener come and go without a restart', async t => {
  const keyHash = `hmac-sha256:${'a'.repeat(43)}`
  const digestKey = 'digestKey: ${DIGEST_KEY}'
  const before = await load(`version: 1\n${digestKey}\n${rest}`)
  const after = await load(
    `version: 1\n${digestKey}\nadmin: { tokens: [{ id: ada, role: owner, keyHash: "${keyHash}" }] }\n${rest}`
  )
  const changes = compareConfigurations(before, after)
  t.not(changes.length, 0)
  t.strictSame(needRestart(changes), [])
})
