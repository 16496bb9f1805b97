/**
 * What every credential may have besides what its plugin says of it: a name,
 * bounds in time, what it is good for, settings. Read by core, so that it means
 * the same whatever proves a consumer. Pure.
 */
import { type StaticDecode, type TObject, Type } from '@sinclair/typebox'
import { Addresses } from '../contract/addresses.ts'
import { Moment } from '../contract/units.ts'
import type { Credential } from '../plugin.ts'
import { closed, OneOrMany, type PluginPart } from './schema-parts.ts'

const GoodForBlock = Type.Object(
  {
    routes: Type.Optional(OneOrMany(Type.String(), { description: 'Ids of routes. Every route, if not given.' })),
    methods: Type.Optional(
      OneOrMany(Type.String({ pattern: '^[A-Z]+(-[A-Z]+)*$', unit: 'method' }), {
        description: 'HTTP methods. Every method, if not given.'
      })
    ),
    models: Type.Optional(
      OneOrMany(Type.String({ pattern: '^[A-Za-z0-9._:/@+-]{1,199}\\*?$', unit: 'modelName' }), {
        description:
          'Names of models as clients ask for them; `gpt-4.1-*` stands for all that begin so. Every model, if not given. The plugin `model-scope` holds requests against them; without it on a route such a credential is refused there.'
      })
    ),
    addresses: Type.Optional(
      Addresses({ description: 'Addresses and CIDR ranges of clients. Every address, if not given.' })
    )
  },
  { ...closed, description: 'What the credential is good for. Everything, if not given.' }
)

/** What core itself reads of a credential. */
export const CredentialParts = Type.Object({
  id: Type.Optional(
    Type.String({
      pattern: '^[a-z0-9][a-z0-9._-]{0,62}$',
      unit: 'id',
      description: 'Name of the credential in records. Not secret.'
    })
  ),
  prefix: Type.Optional(
    Type.String({
      pattern: '^[!-~]{1,16}$',
      unit: 'beginning',
      description: 'How the secret begins, to know it by when it is shown. At most 16 characters.'
    })
  ),
  scopes: Type.Optional(Type.Array(Type.String(), { description: 'What it is good for, for plugins of your own.' })),
  labels: Type.Optional(
    Type.Record(Type.String(), Type.String(), { description: 'Names and values of your own, for rules and metrics.' })
  ),
  notBefore: Type.Optional(Moment({ description: 'From when on it is good.' })),
  expires: Type.Optional(Moment({ description: 'From when on it is good no more.' })),
  blocked: Type.Optional(Type.Boolean({ description: 'Whether it is refused for the time being.' })),
  goodFor: Type.Optional(GoodForBlock),
  settings: Type.Optional(
    Type.Record(Type.String(), Type.Unknown(), {
      description: 'By plugin, settings for this credential. They go before those of its consumer.',
      plugin: 'settings' satisfies PluginPart
    })
  )
})

/** What core itself reads of a credential, decoded; its settings are read with those of its consumer. */
export type CredentialParts = Omit<StaticDecode<typeof CredentialParts>, 'settings'>

/** Parts that change in a store without the credential being made anew; there they stand beside it. */
export const CHANGEABLE_PARTS = ['notBefore', 'expires', 'blocked'] as const

const WHOLE = new WeakMap<TObject, TObject>()

/** A plugin's schema of credentials with what core reads besides. What the plugin names itself is the plugin's. */
export function wholeCredential(schema: TObject): TObject {
  let whole = WHOLE.get(schema)
  if (whole === undefined) {
    whole = Type.Object({ ...schema.properties, ...withoutKeys(CredentialParts, Object.keys(schema.properties)) })
    WHOLE.set(schema, whole)
  }
  return whole
}

/** A decoded credential taken apart: what its plugin's schema says, and what core reads. */
export function splitCredential(
  schema: TObject,
  decoded: Readonly<Record<string, unknown>>
): { readonly own: Readonly<Record<string, unknown>>; readonly parts: CredentialParts } {
  const entries = Object.entries(decoded)
  const own = Object.fromEntries(entries.filter(([key]) => Object.hasOwn(schema.properties, key)))
  const others = entries.filter(([key]) => !Object.hasOwn(schema.properties, key) && key !== 'settings')
  // A plugin may name these itself; then they still mean what they mean everywhere.
  const named = entries.filter(([key, value]) => Object.hasOwn(own, key) && isNamedPart(key, value))
  return { own, parts: Object.fromEntries([...others, ...named]) }
}

function isNamedPart(key: string, value: unknown): boolean {
  if (key === 'id') return typeof value === 'string'
  return key === 'scopes' && Array.isArray(value) && value.every(scope => typeof scope === 'string')
}

const NO_SCOPES: string[] = []
Object.freeze(NO_SCOPES)

/** What plugins see of a credential, frozen. */
export function proofOf(id: string, { scopes = NO_SCOPES, labels, goodFor }: CredentialParts): Credential {
  return Object.freeze({
    id,
    scopes,
    ...(labels !== undefined && { labels }),
    ...(goodFor !== undefined && { goodFor })
  })
}

/** Whether a credential is good at that moment, in ms since the epoch. */
export function isGoodAt(
  { blocked, notBefore, expires }: Pick<CredentialParts, 'blocked' | 'notBefore' | 'expires'>,
  at: number
): boolean {
  return blocked !== true && !(notBefore !== undefined && at < notBefore) && !(expires !== undefined && at >= expires)
}

function withoutKeys({ properties }: TObject, keys: readonly string[]): TObject['properties'] {
  return Object.fromEntries(Object.entries(properties).filter(([key]) => !keys.includes(key)))
}
