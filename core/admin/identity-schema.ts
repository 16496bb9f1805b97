/** What the endpoints of consumers, groups and keys take and answer with. No answer holds a digest. Pure. */
import { Type } from '@sinclair/typebox'
import type { ConsumerRow, CredentialRow, GroupRow } from '../identity/rows.ts'

const Count = Type.Integer({ minimum: 0 })
const At = Type.Integer({ minimum: 0, description: 'ms since the epoch.' })
const Text = Type.String()
const Id = Type.String({ pattern: '^[a-z0-9][a-z0-9._-]{0,62}$' })
const Maybe = <Schema extends typeof At | typeof Text>(schema: Schema) => Type.Union([schema, Type.Null()])

/** A consumer's labels. */
export const LabelsInput = Type.Record(Type.String(), Type.String({ maxLength: 256 }), { maxProperties: 64 })
/** Settings by plugin, as they would be written in the file. */
export const SettingsInput = Type.Record(Type.String(), Type.Record(Type.String(), Type.Unknown()), {
  description: 'By plugin, as they would be written in the file.'
})
/** Name of a consumer or of a group. */
export const NameInput = Id
/** Name of a key. */
export const KeyNameInput = Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9._/-]{0,159}$', description: 'Its name.' })
/** What has to have happened to a row since it was read: nothing. */
export const RevisionInput = Type.Optional(
  Type.Integer({ minimum: 1, description: 'Refused if it has another revision by now. The newest, if not given.' })
)

/** What lists take. */
export const PageInput = {
  after: Type.Optional(Type.String({ maxLength: 160, description: 'The last name of the page before.' })),
  limit: Type.Integer({ minimum: 1, maximum: 1_000, default: 100 })
}

const common = { revision: Count, createdAt: At, updatedAt: At }

/** A consumer. */
export const ConsumerView = Type.Object({
  id: Text,
  source: Type.String({ enum: ['file', 'store'], description: 'Those of the file are changed there.' }),
  group: Maybe(Text),
  labels: Type.Record(Type.String(), Type.String()),
  settings: Type.Unknown({ description: 'By plugin. Null for consumers of the file.' }),
  blocked: Type.Boolean(),
  ...common
})

/** A group. */
export const GroupView = Type.Object({
  id: Text,
  source: Type.String({ enum: ['file', 'store'] }),
  settings: Type.Unknown({ description: 'By plugin. Null for groups of the file.' }),
  ...common
})

/** A key, without anything by which one could log in. */
export const KeyView = Type.Object({
  id: Text,
  consumer: Text,
  plugin: Text,
  prefix: Maybe(Text),
  scopes: Type.Array(Text),
  labels: Type.Record(Type.String(), Type.String()),
  goodFor: Type.Unknown({ description: 'What it is good for; null for everything.' }),
  settings: Type.Unknown({ description: 'By plugin; null for none.' }),
  blocked: Type.Boolean(),
  notBeforeAt: Maybe(At),
  expiresAt: Maybe(At),
  ...common
})

/** A consumer of the store, as it is shown. */
export function consumerView({ id, group, labels, settings, blocked, revision, createdAt, updatedAt }: ConsumerRow) {
  const source = 'store'
  return { id, source, group: group ?? null, labels, settings, blocked, revision, createdAt, updatedAt }
}

/** A consumer of the file, as it is shown. */
export function fileConsumerView({
  id,
  group,
  labels
}: {
  readonly id: string
  readonly group: string | undefined
  readonly labels: Readonly<Record<string, string>>
}) {
  const nothing = { settings: null, blocked: false, revision: 0, createdAt: 0, updatedAt: 0 }
  return { id, source: 'file', group: group ?? null, labels: { ...labels }, ...nothing }
}

/** A group of the store, as it is shown. */
export function groupView({ id, settings, revision, createdAt, updatedAt }: GroupRow) {
  return { id, source: 'store', settings, revision, createdAt, updatedAt }
}

/** A key, as it is shown. */
export function keyView(row: CredentialRow) {
  const { id, consumer, plugin, credential, blocked, notBeforeAt, expiresAt, revision, createdAt, updatedAt } = row
  const { prefix, scopes, labels, goodFor, settings } = credential
  return {
    id,
    consumer,
    plugin,
    prefix: typeof prefix === 'string' ? prefix : null,
    scopes: Array.isArray(scopes) ? scopes.map(String) : [],
    labels: textsIn(labels),
    goodFor: goodFor ?? null,
    settings: settings ?? null,
    blocked,
    notBeforeAt: notBeforeAt ?? null,
    expiresAt: expiresAt ?? null,
    revision,
    createdAt,
    updatedAt
  }
}

function textsIn(value: unknown): Record<string, string> {
  if (typeof value !== 'object' || value === null) return {}
  return Object.fromEntries(Object.entries(value).map(([name, text]) => [name, String(text)]))
}
