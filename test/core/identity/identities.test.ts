import { join } from 'node:path'
import t from 'tap'
import { keyedDigest } from '../../../core/identity/digest.ts'
import { Directory } from '../../../core/identity/directory.ts'
import { Identities } from '../../../core/identity/identities.ts'
import { IdentityCache } from '../../../core/identity/identity-cache.ts'
import type { IdentityStore } from '../../../core/identity/identity-store.ts'
import { RedisIdentities } from '../../../core/identity/redis-identities.ts'
import { SqliteIdentities } from '../../../core/identity/sqlite-identities.ts'
import { StoredIdentities } from '../../../core/identity/stored.ts'
import { Digest, type PluginDefinition, Secret, Type } from '../../../core/plugin.ts'
import { RedisClient } from '../../../core/store/redis.ts'
import { ManualClock } from '../../support/clock.ts'
import { startRedis, withoutRedis } from '../../support/redis.ts'
import { redisConfiguration } from '../store/support.ts'
import { DIGEST_KEY, digestOf } from './support.ts'

const common = { contract: 1, summary: 'Is asked.', data: { reads: [] }, setup: () => ({}) } as const
const keyAuth: PluginDefinition = {
  ...common,
  name: 'key-auth',
  config: Type.Object({}),
  credential: Type.Object({
    keyHash: Digest(),
    id: Type.Optional(Type.String({ pattern: '^[a-z0-9-]+$' })),
    scopes: Type.Optional(Type.Array(Type.String()))
  })
}
const limit: PluginDefinition = {
  ...common,
  name: 'limit',
  config: Type.Object({}),
  consumerConfig: Type.Object({
    burst: Type.Integer({ minimum: 1, default: 10 }),
    plan: Type.String({ enum: ['free', 'gold'], pattern: '^(?:free|gold)$' }),
    token: Type.Optional(Secret())
  })
}
const definitions = new Map([keyAuth, limit].map(definition => [definition.name, definition]))

/** What the file says: a consumer with a key, and a group. */
const directory = new Directory({
  consumers: [{ id: 'of-the-file', group: 'file-group', labels: {} }],
  groups: ['file-group'],
  credentials: new Map([
    [
      'key-auth',
      [{ consumerId: 'of-the-file', index: 0, credential: { id: 'file-key' }, digest: digestOf('key of the file') }]
    ]
  ]),
  settings: new Map([
    [
      'limit',
      {
        defaults: { burst: 10 },
        groups: new Map([['file-group', { burst: 50, plan: 'gold' }]]),
        consumers: new Map()
      }
    ]
  ])
})

type Test = { testdir(): string; teardown(close: () => unknown): unknown }

function around(store: IdentityStore, clock: ManualClock) {
  const cache = new IdentityCache(store, clock, { maxAnswers: 100 })
  const digest = (text: string) => keyedDigest(DIGEST_KEY, text)
  return {
    clock,
    store,
    identities: new Identities(store, cache, clock, () => ({ directory, definitions, digest })),
    stored: new StoredIdentities(cache, clock, directory, definitions)
  }
}

let files = 0
function setUp(t: Test, file = join(t.testdir(), `${++files}.sqlite`)) {
  const clock = new ManualClock()
  const store = new SqliteIdentities(file, clock)
  t.teardown(() => store.close())
  return around(store, clock)
}

t.test('a consumer is made, and its key is shown once and is good at once', async t => {
  const { identities, stored, clock } = setUp(t)
  const team = await identities.createConsumer({ id: 'team', labels: { tier: 'one' } })
  t.match(team, { id: 'team', revision: 1, createdAt: clock.now(), blocked: false })
  const fields = { scopes: ['read'] }
  const { credential, secret = '' } = await identities.createCredential({
    consumer: 'team',
    plugin: 'key-auth',
    fields
  })
  t.match(secret, /^tacit_[0-9A-Za-z]{43}$/)
  t.match(credential.id, /^team\/key-auth\/[0-9a-f]{18}$/)
  t.notMatch(JSON.stringify([await identities.list('credential', { limit: 10 }), credential]), secret)
  const found = await stored.find('key-auth', digestOf(secret))
  t.strictSame(found?.consumer, { id: 'team', group: undefined, labels: { tier: 'one' } })
  t.match(found, { credentialId: credential.id, credential: { scopes: ['read'] } })
  t.equal(await stored.find('key-auth', digestOf(`${secret}x`)), undefined)
  t.equal(Object.isFrozen(found?.consumer.labels), true)
})

t.test('a key is refused from the moment in which its blocking or deleting is done', async t => {
  const { identities, stored } = setUp(t)
  await identities.createConsumer({ id: 'team' })
  const make = async () => {
    const { credential, secret = '' } = await identities.createCredential({ consumer: 'team', plugin: 'key-auth' })
    const isGood = async () => (await stored.find('key-auth', digestOf(secret))) !== undefined
    t.equal(await isGood(), true)
    return { id: credential.id, isGood }
  }
  const one = await make()
  await identities.changeCredential(one.id, { blocked: true })
  t.equal(await one.isGood(), false)
  await identities.changeCredential(one.id, { blocked: false })
  t.equal(await one.isGood(), true)
  const other = await make()
  await identities.deleteCredential(one.id)
  t.strictSame([await one.isGood(), await other.isGood()], [false, true])
  await identities.changeConsumer('team', { blocked: true })
  t.equal(await other.isGood(), false)
  await identities.changeConsumer('team', { blocked: false })
  t.equal(await other.isGood(), true)
  await identities.deleteConsumer('team')
  t.equal(await other.isGood(), false)
  await t.rejects(identities.deleteCredential(other.id), { code: 'TACIT_IDENTITY_MISSING' })
})

t.test('a key is good from its first moment to its last', async t => {
  const { identities, stored, clock } = setUp(t)
  await identities.createConsumer({ id: 'team' })
  const bounds = { notBeforeAt: clock.now() + 1_000, expiresAt: clock.now() + 2_000 }
  const made = await identities.createCredential({ consumer: 'team', plugin: 'key-auth', ...bounds })
  const isGood = async () => (await stored.find('key-auth', made.credential.digest)) !== undefined
  const seen = []
  for (const ms of [0, 999, 1, 999, 1]) {
    clock.advance(ms)
    seen.push(await isGood())
  }
  t.strictSame(seen, [false, false, true, true, false])
  await identities.changeCredential(made.credential.id, { expiresAt: null })
  t.equal(await isGood(), true)
})

t.test('a key that is rotated is good for the grace, and the new one at once', async t => {
  const { identities, stored, clock } = setUp(t)
  await identities.createConsumer({ id: 'team' })
  const fields = { id: 'main', scopes: ['read'] }
  const old = await identities.createCredential({ consumer: 'team', plugin: 'key-auth', fields })
  t.equal(old.credential.id, 'main')
  const next = await identities.rotateCredential('main', 5_000)
  t.not(next.secret, old.secret)
  t.match(next.credential, { consumer: 'team', plugin: 'key-auth', credential: { scopes: ['read'] } })
  const good = async () => [
    (await stored.find('key-auth', digestOf(old.secret ?? ''))) !== undefined,
    (await stored.find('key-auth', digestOf(next.secret ?? ''))) !== undefined
  ]
  t.strictSame(await good(), [true, true])
  clock.advance(5_000)
  t.strictSame(await good(), [false, true])
  const last = await identities.rotateCredential(next.credential.id, 0)
  t.strictSame(await good(), [false, false])
  t.ok(await stored.find('key-auth', last.credential.digest))
  await t.rejects(identities.rotateCredential('main', -1), { code: 'TACIT_IDENTITY_INVALID' })
  await t.rejects(identities.rotateCredential('nobody', 0), { code: 'TACIT_IDENTITY_MISSING' })
})

t.test('settings go defaults, group, consumer, whichever of them stand in the file', async t => {
  const { identities, stored } = setUp(t)
  const settingsOf = async (consumer: string) => {
    const { credential } = await identities.createCredential({ consumer, plugin: 'key-auth' })
    const found = await stored.find('key-auth', credential.digest)
    if (found === undefined) throw new Error('not found')
    return stored.settings('limit', found.consumer)
  }
  await identities.createConsumer({ id: 'a', group: 'file-group', settings: { limit: { burst: 60 } } })
  t.strictSame(await settingsOf('a'), { burst: 60, plan: 'gold' })
  await identities.createConsumer({ id: 'b', group: 'file-group' })
  t.strictSame(await settingsOf('b'), { burst: 50, plan: 'gold' })
  await identities.createGroup({ id: 'own-group', settings: { limit: { plan: 'free' } } })
  await identities.createConsumer({ id: 'c', group: 'own-group' })
  t.strictSame(await settingsOf('c'), { burst: 10, plan: 'free' })
  await identities.createConsumer({ id: 'd', settings: { limit: { plan: 'gold', burst: 1 } } })
  t.strictSame(await settingsOf('d'), { burst: 1, plan: 'gold' })
  await identities.changeGroup('own-group', { limit: { plan: 'gold', burst: 7 } })
  t.strictSame(await settingsOf('c'), { burst: 7, plan: 'gold' }, 'of a group that was changed')
  t.equal(stored.settings('limit', { id: 'a', group: undefined, labels: {} }), undefined, 'of somebody else: not here')
})

t.test('settings of a credential go before those of its consumer, and a group can be asked by itself', async t => {
  const { identities, stored } = setUp(t)
  await identities.createGroup({ id: 'own-group', settings: { limit: { plan: 'free', burst: 40 } } })
  await identities.createConsumer({ id: 'a', group: 'own-group', settings: { limit: { burst: 30 } } })
  await identities.createConsumer({ id: 'b', settings: { limit: { plan: 'gold' } } })
  const made = async (consumer: string, fields: Readonly<Record<string, unknown>> = {}) => {
    const { credential } = await identities.createCredential({ consumer, plugin: 'key-auth', fields })
    const found = await stored.find('key-auth', credential.digest)
    if (found === undefined) throw new Error('not found')
    return found
  }
  const own = await made('a', { settings: { limit: { burst: 2 } } })
  const plain = await made('a')
  const other = await made('b', { settings: { limit: { burst: 3 } } })
  t.strictSame(stored.settings('limit', own.consumer, own.proof), { plan: 'free', burst: 2 })
  t.equal(stored.settings('limit', own.consumer, own.proof), stored.settings('limit', own.consumer, own.proof))
  t.strictSame(stored.settings('limit', own.consumer), { plan: 'free', burst: 30 }, 'the consumer as a whole')
  t.strictSame(stored.settings('limit', plain.consumer, plain.proof), { plan: 'free', burst: 30 })
  t.strictSame(stored.settings('limit', plain.consumer, other.proof), { plan: 'free', burst: 30 }, 'of somebody else')
  t.strictSame(stored.settings('limit', other.consumer, other.proof), { plan: 'gold', burst: 3 })
  t.strictSame(stored.groupSettings('limit', own.consumer), { plan: 'free', burst: 40 })
  t.equal(stored.groupSettings('limit', other.consumer), undefined)
  const refused = (fields: Readonly<Record<string, unknown>>) =>
    identities.createCredential({ consumer: 'a', plugin: 'key-auth', fields })
  await t.rejects(refused({ settings: { limit: { bursts: 2 } } }), { code: 'TACIT_SETTINGS_INVALID' })
  await t.rejects(refused({ settings: { nobody: {} } }), { code: 'TACIT_PLUGIN_UNKNOWN' })
  await t.rejects(refused({ expires: '2027-01-01' }), { code: 'TACIT_IDENTITY_INVALID' })
  await t.rejects(refused({ goodFor: { addresses: ['10.0.0.0/40'] } }), { code: 'TACIT_IDENTITY_INVALID' })
})

t.test('a key is known by how it begins, and by what it is good for', async t => {
  const { identities, stored } = setUp(t)
  await identities.createConsumer({ id: 'a' })
  const fields = {
    labels: { owner: 'ada' },
    scopes: ['read'],
    goodFor: { routes: ['chat'], addresses: ['10.0.0.0/8'] }
  }
  const { credential, secret } = await identities.createCredential({ consumer: 'a', plugin: 'key-auth', fields })
  t.equal(credential.credential.prefix, secret?.slice(0, 12))
  const next = await identities.rotateCredential(credential.id, 0)
  t.equal(next.credential.credential.prefix, next.secret?.slice(0, 12), 'another secret, another beginning')
  const found = await stored.find('key-auth', next.credential.digest)
  t.match(found?.proof, {
    id: next.credential.id,
    scopes: ['read'],
    labels: { owner: 'ada' },
    goodFor: { routes: ['chat'] }
  })
  t.equal(found?.proof.goodFor?.addresses?.has('10.1.1.1'), true)
  t.equal(found?.proof.goodFor?.addresses?.has('11.1.1.1'), false)
})

t.test('a consumer is found by its name, unless it is blocked or the file has that name', async t => {
  const { identities, stored } = setUp(t)
  await identities.createGroup({ id: 'own-group', settings: { limit: { plan: 'free' } } })
  await identities.createConsumer({ id: 'a', group: 'own-group', settings: { limit: { burst: 3 } } })
  const found = await stored.findConsumer('a')
  t.strictSame(found, { id: 'a', group: 'own-group', labels: {} })
  t.equal(await stored.findConsumer('a'), found, 'the same object each time')
  t.strictSame(found && stored.settings('limit', found), { plan: 'free', burst: 3 })
  t.equal(await stored.findConsumer('b'), undefined)
  await identities.changeConsumer('a', { blocked: true })
  t.equal(await stored.findConsumer('a'), undefined)
})

t.test('settings that a consumer still needs fail closed', async t => {
  const { identities, stored } = setUp(t)
  await identities.createConsumer({ id: 'team' })
  const { credential } = await identities.createCredential({ consumer: 'team', plugin: 'key-auth' })
  const found = await stored.find('key-auth', credential.digest)
  if (found === undefined) throw new Error('not found')
  t.throws(() => stored.settings('limit', found.consumer), { code: 'TACIT_SETTINGS_INVALID' })
})

t.test('what stands in the file is read-only, and its names are taken', async t => {
  const { identities } = setUp(t)
  const readOnly = { code: 'TACIT_IDENTITY_READ_ONLY' }
  await t.rejects(identities.createConsumer({ id: 'of-the-file' }), readOnly)
  await t.rejects(identities.changeConsumer('of-the-file', { blocked: true }), readOnly)
  await t.rejects(identities.deleteConsumer('of-the-file'), readOnly)
  await t.rejects(identities.createGroup({ id: 'file-group' }), readOnly)
  await t.rejects(identities.changeGroup('file-group', {}), readOnly)
  await t.rejects(identities.createCredential({ consumer: 'of-the-file', plugin: 'key-auth' }), readOnly)
  await t.rejects(identities.changeCredential('file-key', { blocked: true }), readOnly)
  await identities.createConsumer({ id: 'team' })
  const wanted = { consumer: 'team', plugin: 'key-auth' }
  await t.rejects(identities.createCredential({ ...wanted, fields: { id: 'file-key' } }), {
    code: 'TACIT_IDENTITY_EXISTS'
  })
  await t.rejects(identities.createCredential({ ...wanted, digest: digestOf('key of the file') }), {
    code: 'TACIT_CREDENTIAL_TWICE'
  })
})

t.test('a name that the file takes later is the file’s: what the store says of it is good for nothing', async t => {
  const { identities, stored, store, clock } = setUp(t)
  await identities.createGroup({ id: 'g' })
  await identities.createConsumer({ id: 'team', group: 'g' })
  const { credential } = await identities.createCredential({ consumer: 'team', plugin: 'key-auth' })
  t.ok(await stored.find('key-auth', credential.digest))
  const under = (more: object) =>
    new StoredIdentities(
      new IdentityCache(store, clock, { maxAnswers: 10 }),
      clock,
      new Directory({ consumers: [], credentials: new Map(), settings: new Map(), ...more }),
      definitions
    )
  t.ok(await under({}).find('key-auth', credential.digest))
  t.equal(await under({ consumers: [{ id: 'team', labels: {} }] }).find('key-auth', credential.digest), undefined)
  t.ok(await under({ groups: ['g'] }).find('key-auth', credential.digest))
})

t.test('a consumer of a group that the file has lost is good for nothing', async t => {
  const { identities, store, clock } = setUp(t)
  await identities.createConsumer({ id: 'team', group: 'file-group' })
  const { credential } = await identities.createCredential({ consumer: 'team', plugin: 'key-auth' })
  const without = new Directory({ consumers: [], credentials: new Map(), settings: new Map() })
  const cache = new IdentityCache(store, clock, { maxAnswers: 10 })
  t.ok(await new StoredIdentities(cache, clock, directory, definitions).find('key-auth', credential.digest))
  t.equal(await new StoredIdentities(cache, clock, without, definitions).find('key-auth', credential.digest), undefined)
})

t.test('refuses what does not fit, by a code that quotes nothing', async t => {
  const { identities } = setUp(t)
  await identities.createConsumer({ id: 'team' })
  const wanted = { consumer: 'team', plugin: 'key-auth' }
  const refusals: readonly (readonly [code: string, work: () => Promise<unknown>])[] = [
    ['TACIT_IDENTITY_EXISTS', () => identities.createConsumer({ id: 'team' })],
    ['TACIT_IDENTITY_INVALID', () => identities.createConsumer({ id: 'S3CRET' })],
    ['TACIT_IDENTITY_INVALID', () => identities.createConsumer({ id: 'x', labels: { a: 's3cret'.repeat(100) } })],
    ['TACIT_GROUP_UNKNOWN', () => identities.createConsumer({ id: 'x', group: 's3cret' })],
    ['TACIT_PLUGIN_UNKNOWN', () => identities.createConsumer({ id: 'x', settings: { s3cret: {} } })],
    ['TACIT_SETTINGS_REFUSED', () => identities.createConsumer({ id: 'x', settings: { 'key-auth': {} } })],
    ['TACIT_SETTINGS_INVALID', () => identities.createConsumer({ id: 'x', settings: { limit: { plan: 's3cret' } } })],
    ['TACIT_SETTINGS_INVALID', () => identities.createConsumer({ id: 'x', settings: { limit: { burst: 1 } } })],
    ['TACIT_SETTINGS_INVALID', () => identities.createGroup({ id: 'x', settings: { limit: { s3cret: 1 } } })],
    ['TACIT_SETTINGS_SECRET', () => identities.createGroup({ id: 'x', settings: { limit: { token: 's3cret' } } })],
    ['TACIT_PLUGIN_UNKNOWN', () => identities.createCredential({ ...wanted, plugin: 's3cret' })],
    ['TACIT_CREDENTIALS_REFUSED', () => identities.createCredential({ ...wanted, plugin: 'limit' })],
    ['TACIT_CONSUMER_UNKNOWN', () => identities.createCredential({ ...wanted, consumer: 's3cret' })],
    ['TACIT_IDENTITY_INVALID', () => identities.createCredential({ ...wanted, fields: { scopes: 's3cret' } })],
    ['TACIT_IDENTITY_INVALID', () => identities.createCredential({ ...wanted, digest: 'the s3cret itself' })],
    ['TACIT_IDENTITY_INVALID', () => identities.createCredential({ ...wanted, expiresAt: 0.5 })],
    ['TACIT_IDENTITY_INVALID', () => identities.list('consumer', { limit: 1_001 })]
  ]
  for (const [code, work] of refusals) {
    const error = await work().catch((error: unknown) => error)
    t.match(error, { code }, `${work}`.slice(6, 80))
    t.notMatch(`${error instanceof Error ? error.stack : ''}`.split('\n')[0], /s3cret/i)
  }
})

t.test('changes that meet are all made, and one that names its revision is not made over another', async t => {
  const { identities } = setUp(t)
  await identities.createConsumer({ id: 'team' })
  await Promise.all([
    identities.changeConsumer('team', { labels: { a: '1' } }),
    identities.changeConsumer('team', { blocked: true }),
    identities.changeConsumer('team', { group: 'file-group', settings: { limit: { burst: 2 } } })
  ])
  t.match(await identities.read('consumer', 'team'), {
    labels: { a: '1' },
    blocked: true,
    group: 'file-group',
    settings: { limit: { burst: 2 } },
    revision: 4
  })
  await t.rejects(identities.changeConsumer('team', { blocked: false }, 3), { code: 'TACIT_IDENTITY_CHANGED' })
  await t.rejects(identities.deleteConsumer('team', 3), { code: 'TACIT_IDENTITY_CHANGED' })
  t.equal((await identities.changeConsumer('team', { group: null }, 4)).group, undefined)
})

t.test('a gateway beside it on the machine refuses a key that was revoked when it looks again', async t => {
  const file = join(t.testdir(), 'shared.sqlite')
  const [one, other] = [setUp(t, file), setUp(t, file)]
  await one.identities.createConsumer({ id: 'team' })
  const { credential } = await one.identities.createCredential({ consumer: 'team', plugin: 'key-auth' })
  t.ok(await other.stored.find('key-auth', credential.digest))
  await one.identities.deleteCredential(credential.id)
  t.equal(await one.stored.find('key-auth', credential.digest), undefined)
  other.clock.advance(1_000)
  t.equal(await other.stored.find('key-auth', credential.digest), undefined, 'a second later at the latest')
})

t.test('a gateway that shares the Redis refuses a key as soon as it is told', { skip: withoutRedis }, async t => {
  const server = await startRedis(t)
  const gateway = async () => {
    const clock = new ManualClock()
    const redis = new RedisClient(redisConfiguration({ url: [server.url] }), { clock })
    await redis.open()
    const store = new RedisIdentities(redis, clock)
    t.teardown(async () => {
      await store.close()
      redis.close()
    })
    return around(store, clock)
  }
  const [one, other] = [await gateway(), await gateway()]
  await one.identities.createConsumer({ id: 'team' })
  const { credential } = await one.identities.createCredential({ consumer: 'team', plugin: 'key-auth' })
  const isGood = async () => (await other.stored.find('key-auth', credential.digest)) !== undefined
  t.equal(await isGood(), true)
  await one.identities.changeCredential(credential.id, { blocked: true })
  t.equal(await one.stored.find('key-auth', credential.digest), undefined, 'where it was done, at once')
  // Its clock stands still, so nothing but being told makes it forget.
  while (await isGood()) await new Promise(setImmediate)
  t.pass('elsewhere when it is told')
})
