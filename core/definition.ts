/**
 * Judges whether what a plugin module exports is a sound definition, before
 * anything of it runs. Types catch most of this in the author's editor; here is
 * the check for plugins in JavaScript, for old builds and for casts. Pure: must
 * not know where the module came from.
 */
import { KindGuard, type TObject } from '@sinclair/typebox'
import { commandsFault } from './command-definition.ts'
import { endpointsFault } from './endpoints/definition.ts'
import { GatewayError } from './errors.ts'
import { PLUGIN_BRAND, type PluginDefinition } from './plugin.ts'
import { kindsFault } from './records/kind.ts'

/** Version of the plugin contract that this gateway speaks. */
export const CONTRACT_VERSION = 1

/** Names of plugins: lower-case words joined by hyphens, at most 64 characters. */
export const PLUGIN_NAME = /^(?=.{1,64}$)[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/

const SNAKE_CASE = /^[a-z][a-z0-9]*(?:_[a-z0-9]+)*$/
const EVENT_NAME = /^[a-z][a-z0-9]*(?:[._-][a-z0-9]+)*$/
const READS: readonly unknown[] = ['metadata', 'identity', 'credential', 'request-body', 'response-body']
const EGRESS: readonly unknown[] = ['metadata', 'identity', 'content']

/** Says in a clause that follows the field's name what is wrong; undefined when nothing is. */
type Check = (value: unknown) => string | undefined

/** One check for each field of a definition: a field that is not in this table is refused. */
const FIELDS: { readonly [Field in keyof Required<PluginDefinition>]: Check } = {
  contract: value => (value === CONTRACT_VERSION ? undefined : `must be ${CONTRACT_VERSION}`),
  name: value =>
    typeof value === 'string' && PLUGIN_NAME.test(value)
      ? undefined
      : 'must be lower-case words joined by hyphens, such as `key-auth`',
  summary: value => (isSentence(value) ? undefined : 'must be one sentence on one line'),
  config: value => objectSchema(value),
  consumerConfig: optional(objectSchema),
  credential: optional(credentialSchema),
  reasons: optional(reasonTable),
  events: optional(eventTable),
  records: optional(kindTable),
  endpoints: optional(endpointsFault),
  commands: optional(commandsFault),
  provides: optional(keyList),
  requires: optional(value => (typeof value === 'function' ? undefined : keyList(value))),
  providesAtEnd: optional(keyList),
  requiresAtEnd: optional(value => (typeof value === 'function' ? undefined : keyList(value))),
  guard: optional(value => (typeof value === 'boolean' ? undefined : 'must be true or false')),
  data: dataAccess,
  readsBody: optional(value => (typeof value === 'function' ? undefined : 'must be a function')),
  setup: value => (typeof value === 'function' ? undefined : 'must be a function')
}

/**
 * Judges a module's default export.
 * @param use what stands after `use:`, which the errors name.
 * @throws GatewayError `TACIT_PLUGIN_NOT_BRANDED`, `TACIT_PLUGIN_CONTRACT`, `TACIT_PLUGIN_NAME`,
 * or `TACIT_PLUGIN_MALFORMED` with every fault at once.
 */
export function assertDefinition(exported: unknown, use: string): asserts exported is PluginDefinition {
  if (!isRecord(exported) || Reflect.get(exported, PLUGIN_BRAND) !== true) {
    throw new GatewayError(
      'TACIT_PLUGIN_NOT_BRANDED',
      `The default export of "${use}" was not made by \`definePlugin\`.`,
      'Write `export default definePlugin({ … })` with `definePlugin` from `tacit-gateway/plugin`.'
    )
  }
  if (exported.contract !== CONTRACT_VERSION) {
    const version = typeof exported.contract === 'number' ? `version ${exported.contract}` : 'no version'
    throw new GatewayError(
      'TACIT_PLUGIN_CONTRACT',
      `"${use}" was written for ${version} of the plugin contract; this gateway speaks version ${CONTRACT_VERSION}.`,
      'Use a release of the plugin that goes with this gateway.'
    )
  }
  const nameFault = FIELDS.name(exported.name)
  if (nameFault !== undefined) {
    throw new GatewayError(
      'TACIT_PLUGIN_NAME',
      `The name of "${use}" ${nameFault}.`,
      'Correct `name` in its definition.'
    )
  }
  const faults = Object.entries(FIELDS).flatMap(([field, check]) => {
    const fault = check(exported[field])
    return fault === undefined ? [] : [`\`${field}\` ${fault}`]
  })
  for (const field of Object.keys(exported)) {
    if (!Object.hasOwn(FIELDS, field)) faults.push(`\`${field}\` is no field of a definition`)
  }
  if (faults.length > 0) {
    throw new GatewayError(
      'TACIT_PLUGIN_MALFORMED',
      `The definition of "${use}" is not well formed: ${faults.join('; ')}.`,
      'Correct the definition of the plugin.'
    )
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isSentence(value: unknown): boolean {
  return typeof value === 'string' && value.trim() !== '' && !/[\r\n]/.test(value)
}

function optional(check: Check): Check {
  return value => (value === undefined ? undefined : check(value))
}

function isObjectSchema(value: unknown): value is TObject {
  return KindGuard.IsObject(value) && isRecord(value.properties)
}

function objectSchema(value: unknown): string | undefined {
  return isObjectSchema(value) ? undefined : 'must be a `Type.Object`, with `Type` from `tacit-gateway/plugin`'
}

/** `host.credentials.find` needs one property to look for, and no doubt about which. */
function credentialSchema(value: unknown): string | undefined {
  if (!isObjectSchema(value)) return objectSchema(value)
  const digests = Object.values(value.properties).filter(property => property.unit === 'digest')
  return digests.length === 1 ? undefined : 'must have exactly one property that is a `Digest`'
}

function reasonTable(value: unknown): string | undefined {
  if (!isRecord(value)) return 'must be an object of reasons'
  for (const [reason, entry] of Object.entries(value)) {
    if (!SNAKE_CASE.test(reason)) return `names \`${reason}\`, which is not snake_case`
    if (!isRecord(entry)) return `must describe \`${reason}\` with status, message and retryable`
    const { status, message, retryable } = entry
    if (typeof status !== 'number' || !Number.isInteger(status) || status < 400 || status > 599) {
      return `must give \`${reason}\` a whole status from 400 to 599`
    }
    if (!isSentence(message)) return `must give \`${reason}\` a message of one sentence on one line`
    if (typeof retryable !== 'boolean') return `must say whether \`${reason}\` is retryable`
  }
  return undefined
}

function eventTable(value: unknown): string | undefined {
  if (!isRecord(value)) return 'must be an object of event schemas'
  for (const [event, schema] of Object.entries(value)) {
    if (!EVENT_NAME.test(event)) return `names \`${event}\`, which is not a lower-case word`
    if (!isObjectSchema(schema)) return `must describe \`${event}\` with a \`Type.Object\``
  }
  return undefined
}

function kindTable(value: unknown): string | undefined {
  if (!isRecord(value)) return 'must be an object of record kinds'
  const fault = kindsFault('plugin', value)
  return fault === undefined ? undefined : `cannot be kept: ${fault.replace(/\.$/, '')}`
}

function keyList(value: unknown): string | undefined {
  const sound = Array.isArray(value) && value.every(key => isRecord(key) && typeof key.symbol === 'symbol')
  return sound ? undefined : 'must be a list of keys, made by `privateKey` or `sharedKey`'
}

function dataAccess(value: unknown): string | undefined {
  if (!isRecord(value)) return 'must say what the plugin reads'
  const { reads, egress = [] } = value
  if (!Array.isArray(reads) || !reads.every(word => READS.includes(word))) {
    return `must list in \`reads\` only: ${READS.join(', ')}`
  }
  const sound =
    Array.isArray(egress) &&
    egress.every(entry => isRecord(entry) && isSentence(entry.to) && EGRESS.includes(entry.what))
  return sound ? undefined : `must give each entry of \`egress\` a \`to\`, and a \`what\` of: ${EGRESS.join(', ')}`
}
