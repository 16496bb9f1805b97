/** Rows to keep, and what every store of identities must do with them. */

import type { Test } from 'tap'
import { keyedDigest } from '../../../core/identity/digest.ts'
import type { Change, Follower, IdentityStore, Mutation } from '../../../core/identity/identity-store.ts'
import type { ConsumerRow, CredentialRow, GroupRow, Kind } from '../../../core/identity/rows.ts'

export const DIGEST_KEY = 'a digest key of some length'
export const digestOf = (secret: string) => keyedDigest(DIGEST_KEY, secret)

const common = { revision: 1, createdAt: 1_000, updatedAt: 1_000 }

export function consumerRow(id: string, more: Partial<ConsumerRow> = {}): ConsumerRow {
  return { ...common, id, labels: {}, settings: {}, blocked: false, ...more }
}

export function groupRow(id: string, more: Partial<GroupRow> = {}): GroupRow {
  return { ...common, id, settings: {}, ...more }
}

export function credentialRow(id: string, consumer: string, secret: string, more: Partial<CredentialRow> = {}) {
  const digest = digestOf(secret)
  const row: CredentialRow = {
    ...common,
    id,
    consumer,
    plugin: 'key-auth',
    digest,
    credential: { keyHash: digest },
    blocked: false,
    ...more
  }
  return row
}

/** A change of one row that brings it to the revision in it. */
export function putting(kind: Kind, row: ConsumerRow | GroupRow | CredentialRow): Mutation {
  const base = { kind, id: row.id, revision: row.revision - 1, row: JSON.stringify(row) }
  if ('digest' in row) {
    const { consumer, plugin, digest } = row
    return { ...base, owner: { consumer, plugin, digest } }
  }
  return 'group' in row && row.group !== undefined ? { ...base, group: row.group } : base
}

export function deleting(kind: Kind, id: string, revision = 1): Mutation {
  return { kind, id, revision, row: undefined }
}

/** Somebody who follows a store, and can wait for what is told. */
export class Listener implements Follower {
  readonly told: (Change | 'all')[] = []
  confirmedMs = Number.NEGATIVE_INFINITY
  #woken = Promise.withResolvers<void>()

  changed(changes: readonly Change[] | 'all'): void {
    if (changes === 'all') this.told.push('all')
    else this.told.push(...changes)
    this.#wake()
  }

  confirmed(atMs: number): void {
    this.confirmedMs = atMs
    this.#wake()
  }

  /** Resolves as soon as `holds` does; looked at whenever anything is told. */
  async until(holds: () => boolean): Promise<void> {
    while (!holds()) await this.#woken.promise
  }

  #wake(): void {
    this.#woken.resolve()
    this.#woken = Promise.withResolvers<void>()
  }
}

/** What every store does, whatever it keeps its rows in. Opens an empty one for each claim. */
export async function conforms(t: Test, open: () => Promise<IdentityStore>): Promise<void> {
  await t.test('finds a credential with its consumer and its group', async t => {
    const store = await open()
    const gold = groupRow('gold')
    const team = consumerRow('team', { group: 'gold', labels: { tier: 'ü' } })
    const key = credentialRow('team/key-auth/1', 'team', 'secret')
    t.equal(await store.write([putting('group', gold)]), undefined)
    t.equal(await store.write([putting('consumer', team)]), undefined)
    t.equal(await store.write([putting('credential', key)]), undefined)
    t.strictSame(await store.find('key-auth', key.digest), { credential: key, consumer: team, group: gold })
    t.equal(await store.find('other', key.digest), undefined)
    t.equal(await store.find('key-auth', digestOf('another')), undefined)
    t.strictSame(await store.findConsumer('team'), { credential: undefined, consumer: team, group: gold })
    for (const name of ['nobody', '', 'team\r\nDEL x', '__proto__', "team' OR '1'='1"]) {
      t.equal(await store.findConsumer(name), undefined, name)
    }
    t.equal(await store.read('consumer', 'team'), JSON.stringify(team))
    t.equal(await store.read('consumer', 'nobody'), undefined)
    const fileGroup = consumerRow('loner', { group: 'of-the-file' })
    const { group: _kept, ...mutation } = putting('consumer', fileGroup)
    t.equal(await store.write([mutation, putting('group', groupRow('silver'))]), undefined)
    await store.write([putting('credential', credentialRow('l', 'loner', 'l'))])
    t.strictSame((await store.find('key-auth', digestOf('l')))?.group, undefined)
    t.strictSame(await store.findConsumer('loner'), { credential: undefined, consumer: fileGroup, group: undefined })
  })

  await t.test('writes all of a batch or nothing, and says why', async t => {
    const store = await open()
    const write = (...mutations: readonly Mutation[]) => store.write(mutations)
    const team = consumerRow('team')
    const one = credentialRow('one', 'team', 'secret')
    t.equal(await write(putting('credential', one)), 'consumer_missing')
    t.equal(await write(putting('consumer', consumerRow('x', { group: 'none' }))), 'group_missing')
    t.equal(await write(putting('consumer', team)), undefined)
    t.equal(await write(putting('consumer', team)), 'exists')
    t.equal(await write(putting('credential', one)), undefined)
    t.equal(await write(putting('credential', credentialRow('two', 'team', 'secret'))), 'digest_taken')
    t.equal(await write(putting('consumer', consumerRow('nobody', { revision: 2 }))), 'missing')
    t.equal(await write(putting('consumer', consumerRow('team', { revision: 5 }))), 'changed')
    const fine = putting('consumer', consumerRow('team', { revision: 2, blocked: true }))
    t.equal(await write(fine, deleting('credential', 'nothing')), 'missing')
    t.equal(await store.read('consumer', 'team'), JSON.stringify(team), 'the first half was not written either')
    t.equal(await write(fine), undefined)
    t.equal((await store.find('key-auth', one.digest))?.consumer?.blocked, true)
    t.equal(await write(deleting('consumer', 'team', 1)), 'changed')
  })

  await t.test('deletes credentials with their consumer, and no group that has members', async t => {
    const store = await open()
    const write = (...mutations: readonly Mutation[]) => store.write(mutations)
    await write(putting('group', groupRow('gold')), putting('group', groupRow('silver')))
    await write(putting('consumer', consumerRow('team', { group: 'gold' })))
    await write(putting('consumer', consumerRow('other')))
    await write(
      putting('credential', credentialRow('a', 'team', 'a')),
      putting('credential', credentialRow('b', 'team', 'b'))
    )
    await write(putting('credential', credentialRow('c', 'other', 'c')))
    t.equal(await write(deleting('group', 'gold')), 'group_in_use')
    t.equal(await write(putting('consumer', consumerRow('team', { group: 'silver', revision: 2 }))), undefined)
    t.equal(await write(deleting('group', 'gold')), undefined)
    t.equal(await write(deleting('consumer', 'team', 2)), undefined)
    t.equal(await write(deleting('group', 'silver')), undefined)
    t.equal(await store.find('key-auth', digestOf('a')), undefined)
    t.equal(await store.read('credential', 'b'), undefined)
    t.equal((await store.find('key-auth', digestOf('c')))?.credential?.id, 'c')
    await write(putting('consumer', consumerRow('team')))
    t.equal(await write(putting('credential', credentialRow('a', 'team', 'a'))), undefined, 'its digest is free again')
    t.equal(await write(deleting('credential', 'a')), undefined)
    t.equal(await store.find('key-auth', digestOf('a')), undefined)
  })

  await t.test('lists rows in the order of their ids, some at a time', async t => {
    const store = await open()
    for (const id of ['b', 'd', 'a', 'c']) await store.write([putting('consumer', consumerRow(id))])
    for (const id of ['k2', 'k1', 'k3']) await store.write([putting('credential', credentialRow(id, 'a', id))])
    await store.write([putting('credential', credentialRow('k0', 'b', 'k0'))])
    const ids = async (...query: Parameters<IdentityStore['list']>) =>
      (await store.list(...query)).map(row => JSON.parse(row).id)
    t.strictSame(await ids('consumer', { limit: 3 }), ['a', 'b', 'c'])
    t.strictSame(await ids('consumer', { limit: 3, after: 'c' }), ['d'])
    t.strictSame(await ids('group', { limit: 3 }), [])
    t.strictSame(await ids('credential', { limit: 10 }), ['k0', 'k1', 'k2', 'k3'])
    t.strictSame(await ids('credential', { limit: 2, consumer: 'a' }), ['k1', 'k2'])
    t.strictSame(await ids('credential', { limit: 2, consumer: 'a', after: 'k2' }), ['k3'])
    t.strictSame(await ids('credential', { limit: 2, consumer: 'nobody' }), [])
  })
}
