import t from 'tap'
import {
  isDigest,
  isSecretKey,
  literalPieces,
  maskSpans,
  maskText,
  merged,
  secretsInLine
} from '../../../core/configuration/mask.ts'

const digest = `hmac-sha256:${'aB3_'.repeat(10)}aB3`

t.test('knows keys that announce a secret', async t => {
  for (const key of [
    'secret',
    'apiKey',
    'api_key',
    'API-KEY',
    'password',
    'clientSecret',
    'digestKey',
    'authorization',
    'accessToken'
  ]) {
    t.ok(isSecretKey(key), key)
  }
  for (const key of ['key', 'keyHash', 'tokens', 'secrets-of-trade', 'host', 'id']) t.notOk(isSecretKey(key), key)
})

t.test('shows digests, and hides what only looks like one', async t => {
  t.ok(isDigest(digest))
  t.notOk(isDigest(`${digest}x`))
  t.equal(maskText(`keyHash: ${digest}`), `keyHash: ${digest}`)
  t.equal(maskText(`keyHash: ${digest}xyz`).includes('aB3_aB3'), false)
})

t.test('hides keys, tokens and passwords wherever they stand', async t => {
  t.equal(maskText('x: sk-proj-abcdef123456'), 'x: [secret]')
  t.equal(maskText('x: eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.sig # y'), 'x: [secret] # y')
  t.equal(maskText('value: Bearer abc.def-ghi'), 'value: [secret]')
  t.equal(maskText('url: https://user:pass@host/path'), 'url: https://[secret]@host/path')
  t.equal(maskText('x: 0123456789abcdef0123456789abcdef'), 'x: [secret]')
  t.equal(maskText('x: Zm9vYmFyYmF6cXV4MTIzNDU2Nzg5'), 'x: [secret]')
})

t.test('shows names, paths, addresses and references', async t => {
  for (const text of [
    'upstream: a-long-name-of-some-upstream-in-europe-2024',
    'url: https://eu.llm.example.com:8443/openai/deployments',
    'ca: /etc/ssl/certs/internal-authority-2024.pem',
    'secret: Bearer ${LLM_KEY_OF_TEAM_SEARCH_2024}'
  ]) {
    t.equal(maskText(text), text)
  }
})

t.test('of a secret, shows the references and hides the rest', async t => {
  const shown = (text: string) => maskSpans(text, literalPieces(text))
  t.equal(shown('hunter2'), '[secret]')
  t.equal(shown('${NAME}'), '${NAME}')
  t.equal(shown('"${NAME}"'), '"${NAME}"')
  t.equal(shown('${file:/run/key}'), '${file:/run/key}')
  t.equal(shown('${NAME:-hunter2}'), '${NAME:-[secret]}')
  t.equal(shown('${NAME:-}'), '${NAME:-}')
  t.equal(shown('Bearer ${NAME}'), '[secret]${NAME}')
  t.equal(shown('$${NAME}'), '[secret]')
})

t.test('joins pieces that touch, in order', async t => {
  t.strictSame(
    merged([
      { start: 5, end: 7 },
      { start: 0, end: 2 },
      { start: 6, end: 9 },
      { start: 2, end: 3 }
    ]),
    [
      { start: 0, end: 3 },
      { start: 5, end: 9 }
    ]
  )
})

t.test('takes linear time on a very long line', async t => {
  const before = process.cpuUsage()
  secretsInLine('aB3-'.repeat(250_000))
  secretsInLine('://'.repeat(300_000))
  const { user } = process.cpuUsage(before)
  t.ok(user < 5_000_000, `${user} µs`)
})
