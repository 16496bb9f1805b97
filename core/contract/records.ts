/** Rows that may be kept, pages and commands that a plugin may add. Types only. */
import type { TObject, TSchema } from '@sinclair/typebox'
import type { MaybePromise } from '../plugin.ts'
import type { Answer, Refusal } from './exchange.ts'

/** A closed row type. Field types cannot hold free text, except `SealedText`, which no exchange can reach. */
export interface RecordKind {
  readonly purpose: string
  readonly class: 'access' | 'usage' | 'billing' | 'audit' | 'account' | 'consent'
  readonly fields: TObject
  /** Field that names the subject, if rows belong to one. */
  readonly subject?: string
  /** Columns that stay readable for queries; all others are sealed. */
  readonly clear: readonly string[]
}

/** A page of the admin or the public listener. */
export interface Endpoint {
  readonly listener: 'admin' | 'public'
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE'
  readonly path: string
  readonly role: 'consumer' | 'viewer' | 'operator' | 'owner'
  readonly summary: string
  readonly request?: TObject
  readonly response: TSchema
  handle(call: {
    readonly actor: string
    readonly input: unknown
    readonly params: Readonly<Record<string, string>>
  }): MaybePromise<Answer | Refusal>
}

/** A `tacit <name>` command. */
export interface Command {
  readonly name: string
  readonly summary: string
  readonly options: TObject
  /** @returns the exit code. */
  run(options: unknown, out: (line: string) => void): Promise<number>
}
