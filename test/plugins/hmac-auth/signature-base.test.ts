import t from 'tap'
import { HeaderList } from '../../../core/pipeline/headers.ts'
import { coversEnough, presentedSignature, signatureBase } from '../../../plugins/hmac-auth/signature-base.ts'

const TAIL = ';created=1618884473;keyid="test-shared-secret";nonce="n"'
const present = (input?: string, signature = 'sig=:AAAA:') => {
  const first = input === undefined ? [] : ['signature-input', input]
  return presentedSignature(new HeaderList([...first, ...(signature === '' ? [] : ['signature', signature])]))
}

t.test('reads a signature as RFC 9421 writes it', t => {
  t.match(present(`sig=("@method" "@authority" "x-a")${TAIL};expires=1618884474;alg="hmac-sha256"`), {
    components: ['@method', '@authority', 'x-a'],
    parameters: `("@method" "@authority" "x-a")${TAIL};expires=1618884474;alg="hmac-sha256"`,
    created: 1618884473,
    expires: 1618884474,
    keyId: 'test-shared-secret',
    nonce: 'n'
  })
  t.match(present(`sig=()${TAIL}`), { components: [] })
  t.equal(present(undefined, ''), 'missing')
  t.end()
})

t.test('refuses whatever another reader could take for something else', t => {
  const input = `sig=("@method")${TAIL}`
  for (const [given, signature] of [
    [undefined, 'sig=:AAAA:'],
    [input, ''],
    [input, 'other=:AAAA:'],
    [input, 'sig=:AAA:'],
    [input, 'sig=AAAA'],
    [input, 'sig=:AAAA:, sig2=:AAAA:'],
    [`${input}, sig2=("@method")${TAIL}`],
    [`sig=("@method" "@method")${TAIL}`],
    [`sig=("@status")${TAIL}`],
    [`sig=("@method";req)${TAIL}`],
    [`sig=("X-A")${TAIL}`],
    [`sig=( "@method")${TAIL}`],
    [`${input};nonce="m"`],
    [`${input};alg="rsa-v1_5-sha256"`],
    [`${input};what="m"`],
    ['sig=("@method");created=1;keyid="k"'],
    ['sig=("@method");created=1;nonce="n"'],
    ['sig=("@method");keyid="k";nonce="n"']
  ] as const) {
    t.equal(present(given, signature), 'malformed', `${given} ${signature}`)
  }
  t.end()
})

t.test('makes the text that is signed', t => {
  const fields = ['host', 'Example.com', 'date', 'Tue, 20 Apr 2021 02:07:55 GMT', 'content-type', ' application/json ']
  const request = { method: 'POST', target: '/foo?param=Value&Pet=dog', headers: new HeaderList(fields) }
  // The covered components of the example in RFC 9421, B.2.5.
  const parameters = '("date" "@authority" "content-type");created=1618884473;keyid="test-shared-secret"'
  t.equal(
    signatureBase({ components: ['date', '@authority', 'content-type'], parameters }, request),
    `"date": Tue, 20 Apr 2021 02:07:55 GMT
"@authority": example.com
"content-type": application/json
"@signature-params": ${parameters}`
  )
  const components = ['@method', '@path', '@query', '@request-target']
  t.strictSame(signatureBase({ components, parameters }, request)?.split('\n').slice(0, 4), [
    '"@method": POST',
    '"@path": /foo',
    '"@query": ?param=Value&Pet=dog',
    '"@request-target": /foo?param=Value&Pet=dog'
  ])
  t.equal(signatureBase({ components: ['x-none'], parameters }, request), undefined)
  t.end()
})

t.test('knows whether enough is signed', t => {
  const most = ['@method', '@authority', '@request-target']
  t.equal(coversEnough(most, '/a?b', false), true)
  t.equal(coversEnough(most, '/a?b', true), false, 'a body that is not signed')
  t.equal(coversEnough([...most, 'content-digest'], '/a?b', true), true)
  t.equal(coversEnough(['@method', '@authority', '@path'], '/a', false), true)
  t.equal(coversEnough(['@method', '@authority', '@path'], '/a?b', false), false, 'a query that is not signed')
  t.equal(coversEnough(['@authority', '@request-target'], '/a', false), false)
  t.equal(coversEnough(['@method', '@request-target'], '/a', false), false)
  t.end()
})
