/**
 * Identities as they are kept outside of the file: one closed row each, as text.
 * What comes back from a disk or a server is judged anew before it is believed.
 * Pure.
 */
import { type Static, type TObject, Type } from '@sinclair/typebox'
import { type TypeCheck, TypeCompiler } from '@sinclair/typebox/compiler'
import { Digest } from '../contract/units.ts'

/** Most characters of a row. */
export const MAX_ROW_LENGTH = 64 * 1024

const closed = { additionalProperties: false } as const
const Id = Type.String({ pattern: '^[a-z0-9][a-z0-9._-]{0,62}$' })
const CredentialId = Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9._/-]{0,159}$' })
const PluginName = Type.String({ pattern: '^[a-z][a-z0-9-]{0,62}$' })
const At = Type.Integer({ minimum: 0 })
const Fields = Type.Record(Type.String(), Type.Unknown())

/** What every row has: counted up with each change, and when it was made and changed, in ms since the epoch. */
const common = { revision: Type.Integer({ minimum: 1 }), createdAt: At, updatedAt: At }

/** A consumer. `settings` are by plugin, as they would be written in the file. */
export const ConsumerRow = Type.Object(
  {
    ...common,
    id: Id,
    group: Type.Optional(Id),
    labels: Type.Record(Type.String({ maxLength: 63 }), Type.String({ maxLength: 256 }), { maxProperties: 64 }),
    settings: Type.Record(Type.String(), Fields),
    /** Whether none of its credentials is good. */
    blocked: Type.Boolean()
  },
  closed
)

/** A group. */
export const GroupRow = Type.Object({ ...common, id: Id, settings: Type.Record(Type.String(), Fields) }, closed)

/** What proves a consumer. There is nothing in it by which one could log in: only the keyed digest of a secret. */
export const CredentialRow = Type.Object(
  {
    ...common,
    id: CredentialId,
    consumer: Id,
    plugin: PluginName,
    digest: Digest(),
    /** What the plugin's own schema says of a credential, undecoded, the digest included. */
    credential: Fields,
    blocked: Type.Boolean(),
    notBeforeAt: Type.Optional(At),
    /** From then on it is good no more. */
    expiresAt: Type.Optional(At)
  },
  closed
)

/** A consumer's row. */
export type ConsumerRow = Static<typeof ConsumerRow>
/** A group's row. */
export type GroupRow = Static<typeof GroupRow>
/** A credential's row. */
export type CredentialRow = Static<typeof CredentialRow>
/** What rows there are. */
export interface Rows {
  readonly consumer: ConsumerRow
  readonly group: GroupRow
  readonly credential: CredentialRow
}
/** A kind of row. */
export type Kind = keyof Rows

const CHECKS: { readonly [Name in Kind]: TypeCheck<TObject> } = {
  consumer: TypeCompiler.Compile(ConsumerRow),
  group: TypeCompiler.Compile(GroupRow),
  credential: TypeCompiler.Compile(CredentialRow)
}

/** Reads a row of that kind. @returns undefined for a text that is none. */
export function readRow<Name extends Kind>(kind: Name, text: unknown): Rows[Name] | undefined {
  if (typeof text !== 'string' || text.length > MAX_ROW_LENGTH) return undefined
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return undefined
  }
  return isRow(kind, value) ? value : undefined
}

/** Whether a value is a row of that kind. */
export function isRow<Name extends Kind>(kind: Name, value: unknown): value is Rows[Name] {
  return CHECKS[kind].Check(value)
}
