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
    credential: { keyHash: 'd1' },
    proof: { id: 'team-search/key-auth/1', scopes: [] }
  })
  t.strictSame(directory.find('key-auth', 'd2'), {
    consumer: SEARCH,
    credentialId: 'laptop',
    credential: { keyHash: 'd2', id: 'laptop' },
    proof: { id: 'laptop', scopes: [] }
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

t.test('says of a credential when it is good', t => {
  const entry = (digest: string, parts: CredentialInput['parts']): CredentialInput => ({
    consumerId: 'team-ops',
    index: digest.length,
    credential: { id: digest },
    digest,
    ...(parts !== undefined && { parts })
  })
  const directory = build(
    keys(
      entry('always', undefined),
      entry('later', { notBefore: 1_000 }),
      entry('past', { expires: 1_000 }),
      entry('blocked', { blocked: true }),
      entry('open', { blocked: false })
    )
  )
  const isGood = (digest: string, at: number) => {
    const found = directory.find('key-auth', digest)
    return found !== undefined && directory.isGood(found, at)
  }
  const at = (digest: string) => [999, 1_000].map(moment => isGood(digest, moment))
  t.strictSame(['always', 'later', 'past', 'blocked', 'open'].map(at), [
    [true, true],
    [false, true],
    [true, false],
    [false, false],
    [true, true]
  ])
  t.end()
})

t.test('merges defaults < group < consumer < credential', t => {
  const directory = build({
    ...keys(
      { consumerId: 'team-search', index: 0, credential: { id: 'own' }, digest: 'd1' },
      { consumerId: 'team-search', index: 1, credential: { id: 'plain' }, digest: 'd2' },
      { consumerId: 'team-ops', index: 0, credential: { id: 'ops' }, digest: 'd3' }
    ),
    settings: new Map([
      [
        'rate-limit',
        {
          defaults: { a: 0, b: 0, c: 0, d: 0 },
          groups: new Map([['paying', { b: 1, c: 1, d: 1 }]]),
          consumers: new Map([['team-search', { c: 2, d: 2 }]]),
          credentials: new Map([
            ['own', { d: 3 }],
            ['ops', { d: 4 }]
          ])
        }
      ]
    ]),
    groups: ['paying']
  })
  const settings = (consumer: Consumer, id?: string) =>
    directory.settings('rate-limit', consumer, id === undefined ? undefined : { id, scopes: [] })
  t.strictSame(settings(SEARCH, 'own'), { a: 0, b: 1, c: 2, d: 3 })
  t.strictSame(settings(SEARCH, 'plain'), { a: 0, b: 1, c: 2, d: 2 }, 'one that sets nothing')
  t.strictSame(settings(SEARCH), { a: 0, b: 1, c: 2, d: 2 }, 'the consumer as a whole')
  t.strictSame(settings(OPS, 'ops'), { a: 0, b: 0, c: 0, d: 4 }, 'without a group')
  t.strictSame(settings(OPS, 'own'), { a: 0, b: 0, c: 0, d: 0 }, 'the credential of somebody else')
  t.strictSame(directory.groupSettings('rate-limit', 'paying'), { a: 0, b: 1, c: 1, d: 1 })
  t.equal(settings(SEARCH, 'own'), settings(SEARCH, 'own'), 'the same object each time')
  t.end()
})
