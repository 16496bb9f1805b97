import t from 'tap'
import { type CredentialInput, Directory, type DirectoryInput } from '../../../core/identity/directory.ts'
import type { Consumer } from '../../../core/plugin.ts'

const SEARCH: Consumer = { id: 'team-search', group: 'paying', labels: { city: 'Kyoto' } }
const OPS: Consumer = { id: 'team-ops', group: undefined, labels: {} }

function build(parts: Partial<DirectoryInput>): Directory {
  return new Directory({ consumers: [SEARCH, OPS], credentials: new Map(), settings: new Map(), ...parts })
}

function keys(...entries: readonly CredentialInput[]): Partial<DirectoryInput> {
  return { credentials: new Map([['key-auth', entries]]) }
}

t.test('finds a credential by its digest, and whose it is', async t => {
  const directory = build({
    credentials: new Map([
      [
        'key-auth',
        [
          { consumerId: 'team-search', index: 0, credential: { keyHash: 'd1' }, digest: 'd1' },
          { consumerId: 'team-search', index: 1, credential: { keyHash: 'd2', id: 'laptop' }, digest: 'd2' }
        ]
      ],
      ['jwt-auth', [{ consumerId: 'team-ops', index: 0, credential: {}, digest: 'd1' }]]
    ])
  })
  t.strictSame(directory.find('key-auth', 'd1'), {
    consumer: SEARCH,
    credentialId: 'team-search/key-auth/1',
    credential: { keyHash: 'd1' }
  })
  t.strictSame(directory.find('key-auth', 'd2'), {
    consumer: SEARCH,
    credentialId: 'laptop',
    credential: { keyHash: 'd2', id: 'laptop' }
  })
  t.equal(directory.find('jwt-auth', 'd1')?.consumer.id, 'team-ops')
  t.equal(directory.find('key-auth', 'd1'), directory.find('key-auth', 'd1'))
})

t.test('finds nothing by names that every object has', async t => {
  const directory = build(keys({ consumerId: 'team-ops', index: 0, credential: {}, digest: 'd1' }))
  for (const name of ['__proto__', 'constructor', 'toString', 'd3', '']) {
    t.equal(directory.find('key-auth', name), undefined)
    t.equal(directory.find(name, 'd1'), undefined)
    t.equal(directory.consumer(name), undefined)
  }
})

t.test('holds consumers and credentials of any name', async t => {
  const proto: Consumer = { id: '__proto__', group: '__proto__', labels: {} }
  const directory = new Directory({
    consumers: [proto],
    credentials: new Map([['__proto__', [{ consumerId: '__proto__', index: 0, credential: {}, digest: '__proto__' }]]]),
    settings: new Map([
      ['__proto__', { defaults: {}, groups: new Map([['__proto__', { group: 1 }]]), consumers: new Map() }]
    ])
  })
  t.strictSame(directory.consumer('__proto__'), proto)
  t.equal(directory.find('__proto__', '__proto__')?.consumer.id, '__proto__')
  t.strictSame(directory.settings('__proto__', proto), { group: 1 })
})

t.test('hands out frozen things', async t => {
  const directory = build(keys({ consumerId: 'team-search', index: 0, credential: { scopes: ['a'] }, digest: 'd' }))
  const found = directory.find('key-auth', 'd')
  t.strictSame(
    [found, found?.consumer, found?.consumer.labels, found?.credential].map(part => Object.isFrozen(part)),
    [true, true, true, true]
  )
  t.equal(directory.consumer('team-search'), found?.consumer)
  t.notOk(Object.isFrozen(SEARCH.labels), 'and leaves what it was given alone')
})

t.test('gives each consumer the settings that hold for it', async t => {
  const directory = build({
    settings: new Map([
      [
        'rate-limit',
        {
          defaults: { tokens: 1, burst: 2 },
          groups: new Map([['paying', { tokens: 10 }]]),
          consumers: new Map([['team-ops', { burst: 5 }]])
        }
      ]
    ])
  })
  t.strictSame(directory.settings('rate-limit', SEARCH), { tokens: 10, burst: 2 })
  t.strictSame(directory.settings('rate-limit', OPS), { tokens: 1, burst: 5 })
  t.equal(directory.settings('rate-limit', SEARCH), directory.settings('rate-limit', SEARCH))
  t.strictSame(directory.settings('another', SEARCH), {})
})

t.test('gives a consumer that it does not hold the settings of its group', async t => {
  const directory = build({
    settings: new Map([
      ['rate-limit', { defaults: { tokens: 1 }, groups: new Map([['paying', { tokens: 10 }]]), consumers: new Map() }]
    ])
  })
  const stranger = { id: 'from a token', labels: {} }
  t.strictSame(directory.settings('rate-limit', { ...stranger, group: 'paying' }), { tokens: 10 })
  t.strictSame(directory.settings('rate-limit', { ...stranger, group: 'nobody knows' }), { tokens: 1 })
  t.strictSame(directory.settings('rate-limit', { ...stranger, group: undefined }), { tokens: 1 })
})

t.test('refuses what would lead to the wrong consumer, and never prints a digest', async t => {
  const credential = { consumerId: 'team-search', index: 0, credential: { id: 'laptop' }, digest: 'hmac-sha256:d' }
  const cases: readonly (readonly [parts: Partial<DirectoryInput>, code: string])[] = [
    [{ consumers: [SEARCH, SEARCH] }, 'TACIT_CONSUMER_DUPLICATE'],
    [keys({ ...credential, consumerId: 'nobody' }), 'TACIT_CONSUMER_UNKNOWN'],
    [keys(credential, { ...credential, consumerId: 'team-ops', credential: {} }), 'TACIT_CREDENTIAL_DUPLICATE'],
    [keys(credential, { ...credential, index: 1, digest: 'hmac-sha256:e' }), 'TACIT_CREDENTIAL_NAME_DUPLICATE']
  ]
  for (const [parts, code] of cases) {
    t.throws(() => build(parts), { code, message: /^(?!.*hmac-sha256)/ }, code)
  }
})

t.test('is built of ten thousand consumers in well under a second of CPU', async t => {
  const consumers: Consumer[] = []
  const credentials: CredentialInput[] = []
  const settings = new Map<string, { readonly tokens: number }>()
  for (let number = 0; number < 10_000; number++) {
    const id = `consumer-${number}`
    consumers.push({ id, group: 'paying', labels: { number: `${number}` } })
    for (const index of [0, 1]) {
      credentials.push({ consumerId: id, index, credential: { scopes: ['a'] }, digest: `${number}/${index}` })
    }
    settings.set(id, { tokens: number })
  }
  const startedAt = process.cpuUsage()
  const directory = new Directory({
    consumers,
    credentials: new Map([['key-auth', credentials]]),
    settings: new Map([['rate-limit', { defaults: { tokens: 0, burst: 1 }, groups: new Map(), consumers: settings }]])
  })
  const tookMs = process.cpuUsage(startedAt).user / 1000
  t.equal(directory.find('key-auth', '9999/1')?.credentialId, 'consumer-9999/key-auth/2')
  const last = directory.consumer('consumer-9999')
  t.strictSame(last && directory.settings('rate-limit', last), { tokens: 9999, burst: 1 })
  t.ok(tookMs < 1000, `took ${Math.round(tookMs)} ms`)
})
