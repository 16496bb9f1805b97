/** How core reads a plugin's credentials: which property is the digest, and what a credential is called. Pure. */
import type { TObject } from '@sinclair/typebox'

/**
 * The property of a credential's schema that was made with `Digest()`; the first
 * one, of which a sound definition has no second.
 * @returns undefined when there is none.
 */
export function digestProperty(schema: TObject): string | undefined {
  for (const [name, property] of Object.entries(schema.properties)) {
    if (property.unit === 'digest') return name
  }
  return undefined
}

/** The digest that a credential is looked up by; undefined when it has none. */
export function credentialDigest(schema: TObject, credential: unknown): string | undefined {
  const name = digestProperty(schema)
  return name === undefined ? undefined : ownText(credential, name)
}

/**
 * What a credential is called in records: its own `id`, or `<consumer>/<plugin>/<n>`.
 * @param index Its place among the consumer's credentials for that plugin, from 0; `n` counts from 1.
 */
export function credentialName(consumerId: string, plugin: string, index: number, credential: unknown): string {
  return ownText(credential, 'id') ?? `${consumerId}/${plugin}/${index + 1}`
}

/** A property of the value's own that is a string and not empty. */
function ownText(value: unknown, name: string): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const text: unknown = Object.getOwnPropertyDescriptor(value, name)?.value
  return typeof text === 'string' && text !== '' ? text : undefined
}
