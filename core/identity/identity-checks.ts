/** Judges what somebody wants to store of identities, before any of it is written. Pure. */
import type { TObject } from '@sinclair/typebox'
import { CHANGEABLE_PARTS, wholeCredential } from '../configuration/credential-schema.ts'
import { digestProperty } from '../configuration/credentials.ts'
import { isBlock } from '../configuration/path.ts'
import { secretPlaces } from '../configuration/secret-places.ts'
import { Substitutions } from '../configuration/secrets.ts'
import { validate } from '../configuration/validate.ts'
import { GatewayError } from '../errors.ts'
import type { PluginDefinition } from '../plugin.ts'
import type { Conflict } from './identity-store.ts'
import { isRow, type Kind, MAX_ROW_LENGTH, type Rows } from './rows.ts'
import type { Settings } from './settings.ts'
import { mergeStored } from './stored.ts'

/** Settings by plugin, as they would be written in the file. */
export type WrittenSettings = Readonly<Record<string, Readonly<Record<string, unknown>>>>
/** The plugins that are in use, by name. */
export type Definitions = ReadonlyMap<string, PluginDefinition>

/** The row as text, if it is one. @throws GatewayError `TACIT_IDENTITY_INVALID`. */
export function rowText<Name extends Kind>(kind: Name, row: Rows[Name]): string {
  const text = JSON.stringify(row)
  if (text.length > MAX_ROW_LENGTH || !isRow(kind, JSON.parse(text))) {
    throw invalid(`This ${kind} has a name, a label or a setting that cannot be kept.`)
  }
  return text
}

/**
 * Judges settings of a consumer, a group or a credential by the schemas of their plugins.
 * @param below By plugin, what they go before; undefined for a group or a credential, which may leave to others what must be set.
 * @throws GatewayError `TACIT_PLUGIN_UNKNOWN`, `TACIT_SETTINGS_REFUSED`, `TACIT_SETTINGS_SECRET`, `TACIT_SETTINGS_INVALID`.
 */
export function checkSettings(
  settings: Readonly<Record<string, unknown>>,
  definitions: Definitions,
  below: ((plugin: string) => readonly [Settings, unknown]) | undefined
): void {
  for (const [plugin, written] of Object.entries(settings)) {
    const definition = definitions.get(plugin)
    if (definition === undefined) throw unknownPlugin()
    const schema = definition.consumerConfig
    if (schema === undefined) {
      throw new GatewayError('TACIT_SETTINGS_REFUSED', `"${plugin}" takes no settings of consumers or groups.`)
    }
    refuseSecrets(schema, written)
    const [defaults, group] = below?.(plugin) ?? [undefined, undefined]
    mergeStored(below === undefined ? { ...schema, required: [] } : schema, defaults ?? {}, [group, written])
  }
}

/**
 * A credential's own fields with its digest among them.
 * @throws GatewayError `TACIT_PLUGIN_UNKNOWN`, `TACIT_CREDENTIALS_REFUSED`, `TACIT_SETTINGS_SECRET`, `TACIT_IDENTITY_INVALID`.
 */
export function credentialFields(
  plugin: string,
  fields: Readonly<Record<string, unknown>>,
  digest: string,
  definitions: Definitions
): Record<string, unknown> {
  const definition = definitions.get(plugin)
  if (definition === undefined) throw unknownPlugin()
  const own = definition.credential
  const property = own === undefined ? undefined : digestProperty(own)
  if (own === undefined || property === undefined) {
    throw new GatewayError('TACIT_CREDENTIALS_REFUSED', `"${plugin}" takes no credentials that could be stored.`)
  }
  const whole = { ...structuredClone(fields), [property]: digest }
  // These change without the credential being made anew, so they stand in its row.
  if (CHANGEABLE_PARTS.some(part => Object.hasOwn(whole, part))) {
    throw invalid('When a credential is good, and whether it is blocked, is no field of it.')
  }
  const schema = wholeCredential(own)
  refuseSecrets(schema, whole)
  const { decoded } = validate(schema, structuredClone(whole), [], new Substitutions())
  if (decoded === undefined) throw invalid(`These fields of a credential do not fit "${plugin}".`)
  if (isBlock(whole.settings)) checkSettings(whole.settings, definitions, undefined)
  return whole
}

/** What a batch was not written for, as an error. */
export function conflictError(conflict: Conflict): GatewayError {
  const [code, message] = CONFLICT_ERRORS[conflict]
  return new GatewayError(code, message)
}

/** `TACIT_IDENTITY_READ_ONLY`: what stands in the file is changed there. */
export function readOnly(): GatewayError {
  return new GatewayError(
    'TACIT_IDENTITY_READ_ONLY',
    'This name stands in the configuration file.',
    'Change it there, or choose another.'
  )
}

/** `TACIT_IDENTITY_INVALID`, for a reason that quotes nothing. */
export function invalid(message: string): GatewayError {
  return new GatewayError('TACIT_IDENTITY_INVALID', message)
}

const CONFLICT_ERRORS: { readonly [Name in Conflict]: readonly [code: GatewayError['code'], message: string] } = {
  exists: ['TACIT_IDENTITY_EXISTS', 'This name is taken.'],
  missing: ['TACIT_IDENTITY_MISSING', 'Nothing of this name is stored.'],
  changed: ['TACIT_IDENTITY_CHANGED', 'Somebody else has changed it meanwhile.'],
  digest_taken: ['TACIT_CREDENTIAL_TWICE', 'Somebody has this credential already.'],
  consumer_missing: ['TACIT_CONSUMER_UNKNOWN', 'No consumer of this name is stored.'],
  group_missing: ['TACIT_GROUP_UNKNOWN', 'No group is called that.'],
  group_in_use: ['TACIT_GROUP_IN_USE', 'Consumers belong to this group.']
}

function unknownPlugin(): GatewayError {
  return new GatewayError('TACIT_PLUGIN_UNKNOWN', 'No plugin of this name is in use.')
}

/** A store keeps digests, and nothing by which one could log in anywhere. */
function refuseSecrets(schema: TObject, value: unknown): void {
  if (!isBlock(value)) return
  for (const { kind } of secretPlaces(schema, value, [])) {
    if (kind === 'secret') {
      throw new GatewayError('TACIT_SETTINGS_SECRET', 'A secret cannot be stored with an identity.', 'Use the file.')
    }
  }
}
