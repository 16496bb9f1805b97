/**
 * Makes, changes and deletes the identities of the store: what endpoints and
 * commands stand on. What stands in the file is read-only here, and its names are
 * taken. A secret leaves this file once, to whoever asked for it to be made; what
 * is kept of it is its keyed digest.
 */
import { randomBytes } from 'node:crypto'
import type { Clock } from '../clock.ts'
import { GatewayError } from '../errors.ts'
import { newApiKey } from './digest.ts'
import type { Directory } from './directory.ts'
import type { IdentityCache } from './identity-cache.ts'
import type { WrittenSettings } from './identity-checks.ts'
import {
  checkSettings,
  conflictError,
  credentialFields,
  type Definitions,
  invalid,
  readOnly,
  rowText
} from './identity-checks.ts'
import type { Change, IdentityStore, ListQuery, Mutation } from './identity-store.ts'
import { type ConsumerRow, type CredentialRow, type GroupRow, type Kind, type Rows, readRow } from './rows.ts'

/** What one loaded configuration knows of identities. */
export interface IdentityContext {
  readonly directory: Directory
  readonly definitions: Definitions
  /** Digests a credential with the gateway's key. @throws GatewayError `TACIT_DIGEST_KEY_MISSING`. */
  readonly digest: (credential: string) => string
}

/** A consumer to be made. */
export interface NewConsumer {
  readonly id: string
  readonly group?: string | undefined
  readonly labels?: Readonly<Record<string, string>>
  readonly settings?: WrittenSettings
}

/** What is to be different of a consumer; what is not named stays. */
export interface ConsumerChange {
  /** `null` to take it out of its group. */
  readonly group?: string | null
  readonly labels?: Readonly<Record<string, string>>
  readonly settings?: WrittenSettings
  readonly blocked?: boolean
}

/** A credential to be made. */
export interface NewCredential {
  readonly consumer: string
  /** Whose plugin's `credentials` it is, such as `key-auth`. */
  readonly plugin: string
  /** What the plugin's schema says of it besides the digest. An `id` becomes its name. */
  readonly fields?: Readonly<Record<string, unknown>>
  /** Of a secret that somebody has already; a new one is made if not given. */
  readonly digest?: string
  /** From when to when it is good, in ms since the epoch; from now on and for good, if not given. */
  readonly notBeforeAt?: number | undefined
  readonly expiresAt?: number | undefined
}

/** What is to be different of a credential; `null` takes a bound away. */
export interface CredentialChange {
  readonly blocked?: boolean
  readonly notBeforeAt?: number | null
  readonly expiresAt?: number | null
}

/** A credential that was made, and what nobody will be told again. */
export interface MadeCredential {
  readonly credential: CredentialRow
  /** Undefined when only a digest was given. */
  readonly secret: string | undefined
}

/** Tries of a change that somebody else's came before. */
const TRIES = 5
/** Characters of a secret that are kept to know it by: of the 43 random ones, six. */
const PREFIX_LENGTH = 'tacit_'.length + 6
const DAY_MS = 86_400_000
/** Longest time that a credential is good after it was replaced. */
const MAX_GRACE_MS = 90 * DAY_MS

/**
 * The identities of one store. Each call resolves when what it did is kept for good and this process knows it; every
 * other gateway knows it within a second. Rejects with GatewayError for what cannot be done, and with what the store
 * fails of; then it may have been done.
 */
export class Identities {
  readonly #store: IdentityStore
  readonly #cache: IdentityCache
  readonly #clock: Clock
  readonly #context: () => IdentityContext

  constructor(store: IdentityStore, cache: IdentityCache, clock: Clock, context: () => IdentityContext) {
    this.#store = store
    this.#cache = cache
    this.#clock = clock
    this.#context = context
  }

  /** One row; undefined when there is none, or none that can be read. */
  async read<Name extends Kind>(kind: Name, id: string): Promise<Rows[Name] | undefined> {
    return readRow(kind, await this.#store.read(kind, id))
  }

  /** Rows in the order of their ids. @throws GatewayError `TACIT_IDENTITY_INVALID` for a limit that is not from 1 to 1,000. */
  async list<Name extends Kind>(kind: Name, query: ListQuery): Promise<readonly Rows[Name][]> {
    const { limit } = query
    if (!Number.isInteger(limit) || limit < 1 || limit > 1_000) throw invalid('From 1 to 1,000 can be listed at once.')
    const rows = await this.#store.list(kind, query)
    return rows.flatMap(text => readRow(kind, text) ?? [])
  }

  async createConsumer({ id, group, labels = {}, settings = {} }: NewConsumer): Promise<ConsumerRow> {
    if (this.#context().directory.consumer(id) !== undefined) throw readOnly()
    await this.#checkConsumer(group, settings)
    const row: ConsumerRow = { ...this.#stamp(), id, labels: { ...labels }, settings: { ...settings }, blocked: false }
    const whole = group === undefined ? row : { ...row, group }
    await this.#write([this.#putConsumer(whole, 0)])
    return whole
  }

  /** @param revision the one that is to be changed; the newest if not given. */
  changeConsumer(id: string, change: ConsumerChange, revision?: number): Promise<ConsumerRow> {
    return this.#change('consumer', id, revision, async old => {
      const { group: _group, ...rest } = old
      const group = change.group === undefined ? old.group : (change.group ?? undefined)
      const settings = { ...(change.settings ?? old.settings) }
      if (change.group !== undefined || change.settings !== undefined)
        await this.#checkConsumer(group, change.settings ?? {})
      const labels = { ...(change.labels ?? old.labels) }
      const row = { ...rest, ...this.#stamp(old), labels, settings, blocked: change.blocked ?? old.blocked }
      const whole = group === undefined ? row : { ...row, group }
      return { row: whole, mutations: [this.#putConsumer(whole, old.revision)] }
    })
  }

  /** Its credentials are deleted with it. */
  deleteConsumer(id: string, revision?: number): Promise<void> {
    return this.#delete('consumer', id, revision)
  }

  async createGroup({
    id,
    settings = {}
  }: {
    readonly id: string
    readonly settings?: WrittenSettings
  }): Promise<GroupRow> {
    const { directory, definitions } = this.#context()
    if (directory.hasGroup(id)) throw readOnly()
    checkSettings(settings, definitions, undefined)
    const row: GroupRow = { ...this.#stamp(), id, settings: { ...settings } }
    await this.#write([{ kind: 'group', id, revision: 0, row: rowText('group', row) }])
    return row
  }

  changeGroup(id: string, settings: WrittenSettings, revision?: number): Promise<GroupRow> {
    return this.#change('group', id, revision, async old => {
      checkSettings(settings, this.#context().definitions, undefined)
      const row = { ...old, ...this.#stamp(old), settings: { ...settings } }
      return { row, mutations: [{ kind: 'group', id, revision: old.revision, row: rowText('group', row) }] }
    })
  }

  /** @throws GatewayError `TACIT_GROUP_IN_USE` while consumers of the store belong to it. */
  deleteGroup(id: string, revision?: number): Promise<void> {
    return this.#delete('group', id, revision)
  }

  /** Makes a credential for a consumer of the store. */
  async createCredential(wanted: NewCredential): Promise<MadeCredential> {
    const made = this.#makeCredential(wanted)
    await this.#write([this.#putCredential(made.credential, 0)])
    return made
  }

  /**
   * Makes another credential like this one. The old one is good for `graceMs` more, in ms, if it was going to be.
   * @throws GatewayError `TACIT_IDENTITY_INVALID` for a grace that is not from 0 to 90 days.
   */
  async rotateCredential(id: string, graceMs: number): Promise<MadeCredential> {
    if (!(graceMs >= 0 && graceMs <= MAX_GRACE_MS)) throw invalid('A grace is at most 90 days.')
    let made: MadeCredential | undefined
    await this.#change('credential', id, undefined, async old => {
      const { consumer, plugin, credential, notBeforeAt, expiresAt } = old
      // Its name stays its own, and another secret begins otherwise.
      const { id: _name, prefix: _prefix, ...fields } = credential
      made = this.#makeCredential({ consumer, plugin, fields, notBeforeAt, expiresAt })
      const endsAt = Math.min(this.#clock.now() + Math.round(graceMs), expiresAt ?? Number.MAX_SAFE_INTEGER)
      const row = { ...old, ...this.#stamp(old), expiresAt: endsAt }
      return { row, mutations: [this.#putCredential(made.credential, 0), this.#putCredential(row, old.revision)] }
    })
    if (made === undefined) throw new TypeError('changed without a change')
    return made
  }

  /** Blocks it, or lets it be good again, or moves its bounds. */
  changeCredential(id: string, change: CredentialChange, revision?: number): Promise<CredentialRow> {
    return this.#change('credential', id, revision, async old => {
      const { notBeforeAt, expiresAt, ...rest } = old
      const from = change.notBeforeAt === undefined ? notBeforeAt : (change.notBeforeAt ?? undefined)
      const to = change.expiresAt === undefined ? expiresAt : (change.expiresAt ?? undefined)
      const row: CredentialRow = {
        ...rest,
        ...this.#stamp(old),
        blocked: change.blocked ?? old.blocked,
        ...(from !== undefined && { notBeforeAt: from }),
        ...(to !== undefined && { expiresAt: to })
      }
      return { row, mutations: [this.#putCredential(row, old.revision)] }
    })
  }

  deleteCredential(id: string, revision?: number): Promise<void> {
    return this.#delete('credential', id, revision)
  }

  #makeCredential({ consumer, plugin, fields = {}, digest, notBeforeAt, expiresAt }: NewCredential): MadeCredential {
    const { directory, definitions, digest: digestOf } = this.#context()
    if (directory.consumer(consumer) !== undefined) throw readOnly()
    const secret = digest === undefined ? newApiKey() : undefined
    const kept = digest ?? digestOf(secret ?? '')
    if (directory.find(plugin, kept) !== undefined) throw conflictError('digest_taken')
    const begin = secret === undefined ? {} : { prefix: secret.slice(0, PREFIX_LENGTH) }
    const credential = credentialFields(plugin, { ...begin, ...fields }, kept, definitions)
    const named = typeof fields.id === 'string' ? fields.id : undefined
    const id = named ?? `${consumer}/${plugin}/${randomBytes(9).toString('hex')}`
    if (directory.hasCredential(id)) throw conflictError('exists')
    const row: CredentialRow = {
      ...this.#stamp(),
      id,
      consumer,
      plugin,
      digest: kept,
      credential,
      blocked: false,
      ...(notBeforeAt !== undefined && { notBeforeAt }),
      ...(expiresAt !== undefined && { expiresAt })
    }
    return { credential: row, secret }
  }

  #putConsumer(row: ConsumerRow, revision: number): Mutation {
    const isKept = row.group !== undefined && !this.#context().directory.hasGroup(row.group)
    const text = rowText('consumer', row)
    return { kind: 'consumer', id: row.id, revision, row: text, ...(isKept && { group: row.group }) }
  }

  #putCredential(row: CredentialRow, revision: number): Mutation {
    const { id, consumer, plugin, digest } = row
    return { kind: 'credential', id, revision, row: rowText('credential', row), owner: { consumer, plugin, digest } }
  }

  async #checkConsumer(group: string | undefined, settings: WrittenSettings): Promise<void> {
    const { directory, definitions } = this.#context()
    const kept = group === undefined || directory.hasGroup(group) ? undefined : await this.read('group', group)
    checkSettings(settings, definitions, plugin => [
      directory.groupSettings(plugin, kept === undefined ? group : undefined),
      kept?.settings[plugin]
    ])
  }

  #stamp(old?: { readonly revision: number; readonly createdAt: number }) {
    const now = this.#clock.now()
    return { revision: (old?.revision ?? 0) + 1, createdAt: old?.createdAt ?? now, updatedAt: now }
  }

  async #change<Name extends Kind>(
    kind: Name,
    id: string,
    revision: number | undefined,
    next: (old: Rows[Name]) => Promise<{ readonly row: Rows[Name]; readonly mutations: readonly Mutation[] }>
  ): Promise<Rows[Name]> {
    for (let tries = 1; ; tries++) {
      const old = await this.#mine(kind, id)
      if (revision !== undefined && old.revision !== revision) throw conflictError('changed')
      const { row, mutations } = await next(old)
      try {
        await this.#write(mutations)
        return row
      } catch (error) {
        const isOvertaken = error instanceof GatewayError && error.code === 'TACIT_IDENTITY_CHANGED'
        if (!isOvertaken || revision !== undefined || tries >= TRIES) throw error
      }
    }
  }

  async #delete(kind: Kind, id: string, revision: number | undefined): Promise<void> {
    const old = await this.#mine(kind, id)
    await this.#write([{ kind, id, revision: revision ?? old.revision, row: undefined }], old)
  }

  /** The row that is to be changed. A name of the file is said to be one, unless the store has it too. */
  async #mine<Name extends Kind>(kind: Name, id: string): Promise<Rows[Name]> {
    const row = await this.read(kind, id)
    if (row !== undefined) return row
    const { directory } = this.#context()
    const isFiles =
      kind === 'consumer'
        ? directory.consumer(id) !== undefined
        : kind === 'group'
          ? directory.hasGroup(id)
          : directory.hasCredential(id)
    throw isFiles ? readOnly() : conflictError('missing')
  }

  async #write(mutations: readonly Mutation[], deleted?: Rows[Kind]): Promise<void> {
    const conflict = await this.#store.write(mutations)
    if (conflict !== undefined) throw conflictError(conflict)
    // Others are told by the store; here the next request must know.
    this.#cache.changed(mutations.map(mutation => changeOf(mutation, deleted)))
  }
}

function changeOf({ kind, id, owner }: Mutation, deleted: Rows[Kind] | undefined): Change {
  if (kind !== 'credential') return { kind, id }
  if (owner !== undefined) return { kind, plugin: owner.plugin, digest: owner.digest }
  if (deleted === undefined || !('digest' in deleted)) throw new TypeError('a credential without a digest')
  return { kind, plugin: deleted.plugin, digest: deleted.digest }
}
