/**
 * What any keeper of identities can do, whether on this machine or shared by many:
 * find, read, write whole batches or nothing, and tell what has changed. Types
 * only.
 */
import type { MaybePromise } from '../plugin.ts'
import type { ConsumerRow, CredentialRow, GroupRow, Kind } from './rows.ts'

/** A credential, with whose it is. */
export interface FoundRows {
  /** Undefined where a consumer was looked up by its name. */
  readonly credential: CredentialRow | undefined
  /** Undefined where its row is missing or no row: such a credential is good for nothing. */
  readonly consumer: ConsumerRow | undefined
  /** Undefined for a consumer without one, or of one that is not kept here. */
  readonly group: GroupRow | undefined
}

/** One change of one row. */
export interface Mutation {
  readonly kind: Kind
  readonly id: string
  /** The revision that it must have; 0 for one that must not be there. */
  readonly revision: number
  /** The next row as text; undefined to delete it. Deleting a consumer deletes its credentials. */
  readonly row: string | undefined
  /** For a consumer: the group that must be there, if it is kept here. */
  readonly group?: string | undefined
  /** For a credential: whose it is and what it is found by. Must be given whenever `row` is. */
  readonly owner?: { readonly consumer: string; readonly plugin: string; readonly digest: string }
}

/**
 * Why a batch was not written: it is there already, it is not there, it has another revision, somebody else has this
 * digest, there is no such consumer, no such group, or the group has members.
 */
export type Conflict =
  | 'exists'
  | 'missing'
  | 'changed'
  | 'digest_taken'
  | 'consumer_missing'
  | 'group_missing'
  | 'group_in_use'

/** What changed: a credential by plugin and digest, or everything that belongs to a consumer or a group. */
export type Change =
  | { readonly kind: 'credential'; readonly plugin: string; readonly digest: string }
  | { readonly kind: 'consumer' | 'group'; readonly id: string }

/** Somebody who remembers what was found, and must know when that is no longer true. */
export interface Follower {
  /** `all`: some changes cannot be told any more. */
  changed(changes: readonly Change[] | 'all'): void
  /** All that was committed before that moment, in monotonic ms, has been told. */
  confirmed(atMs: number): void
}

/** Which rows of a kind, in the order of their ids. */
export interface ListQuery {
  /** The id that the last one had; from the first if not given. */
  readonly after?: string | undefined
  /** 1 to 1,000. */
  readonly limit: number
  /** Of credentials: those of one consumer. */
  readonly consumer?: string | undefined
}

/** Keeps identities. Whatever it is asked for throws or rejects while it cannot be asked. */
export interface IdentityStore {
  /** For logs and health: `sqlite` or `redis`. */
  readonly name: string
  find(plugin: string, digest: string): MaybePromise<FoundRows | undefined>
  findConsumer(id: string): MaybePromise<FoundRows | undefined>
  /** The row as text. */
  read(kind: Kind, id: string): MaybePromise<string | undefined>
  list(kind: Kind, query: ListQuery): MaybePromise<readonly string[]>
  /** Writes all or nothing. Resolves when it is on disk, or in Redis. @returns why nothing was written. */
  write(mutations: readonly Mutation[]): Promise<Conflict | undefined>
  /** Tells a follower of changes from now on, until it is closed. One at a time. */
  follow(follower: Follower): void
  /** Where looking for changes costs nothing worth mentioning: looks now, and tells the follower. */
  look?(): void
  close(): MaybePromise<void>
}
