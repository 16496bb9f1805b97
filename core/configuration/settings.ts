/**
 * Takes a decoded block apart into its single settings, each by a path such as `limits.maxBody` or `peers.eu.weight`,
 * so that two blocks can be compared setting by setting. Entries of lists go by their `id` or `use`. Pure.
 */
import { createHash } from 'node:crypto'
import { KindGuard, type TSchema } from '@sinclair/typebox'
import { SecretText } from '../contract/units.ts'
import type { PluginDefinition } from '../plugin.ts'
import { wholeCredential } from './credential-schema.ts'
import { isBlock } from './path.ts'
import { isDefault, shown } from './shown.ts'

/** One setting. */
export interface Setting {
  /** As an operator would write it; secrets replaced. */
  readonly shown: string
  /** Equal for equal values, secrets included. Never to be shown. */
  readonly compared: string
  /** Whether it is what counts where nothing is written. */
  readonly isDefault: boolean
}

/** What takes blocks apart must be told of plugins: the definition by what stands after `use:`, or by its name. */
export type DefinitionOf = (name: string) => PluginDefinition | undefined

/** The settings of one block by their paths, in the order of the file. The block's own `id` is left out. */
export function settingsOf(schema: TSchema, value: unknown, definitionOf: DefinitionOf): ReadonlyMap<string, Setting> {
  const settings = new Map<string, Setting>()

  const set = (path: string, of: TSchema | undefined, item: unknown): void => {
    settings.set(path, { shown: shown(of, item), compared: comparable(item), isDefault: isDefault(of, item) })
  }

  const visit = (of: TSchema | undefined, item: unknown, path: string): void => {
    if (item === undefined) return
    if (Array.isArray(item) && item.length > 0 && item.every(isBlock)) visitList(of, item, path)
    else if (isPlainBlock(item) && Object.keys(item).length > 0) visitBlock(of, item, path, undefined)
    else set(path, of, item)
  }

  const visitBlock = (
    of: TSchema | undefined,
    block: Readonly<Record<string, unknown>>,
    path: string,
    name: 'id' | 'use' | undefined
  ): void => {
    const definition = of?.plugin === 'use' ? definitionOf(String(block.use)) : undefined
    for (const [key, item] of Object.entries(block)) {
      if (key === name) continue
      if (key === 'config' && definition !== undefined) visit(definition.config, item, path)
      else visit(partOf(of, key, definitionOf), item, joined(path, key))
    }
  }

  const visitList = (
    of: TSchema | undefined,
    list: readonly Readonly<Record<string, unknown>>[],
    path: string
  ): void => {
    const items = of !== undefined && KindGuard.IsArray(of) ? of.items : of
    const used = new Map<string, number>()
    const order: string[] = []
    for (const [index, block] of list.entries()) {
      const key = typeof block.id === 'string' ? 'id' : typeof block.use === 'string' ? 'use' : undefined
      const word = key === undefined ? String(index + 1) : String(block[key])
      const count = (used.get(word) ?? 0) + 1
      used.set(word, count)
      const name = count === 1 ? word : `${word}#${count}`
      if (key === 'use') order.push(name)
      visitBlock(items, block, joined(path, name), key)
    }
    // The order of plugins is the order of work.
    if (order.length > 0) set(path, undefined, order)
  }

  if (isPlainBlock(value)) visitBlock(schema, value, '', 'id')
  else set('', schema, value)
  return settings
}

/** The schema of what stands under a key. */
function partOf(schema: TSchema | undefined, key: string, definitionOf: DefinitionOf): TSchema | undefined {
  if (schema === undefined) return undefined
  if (schema.plugin === 'credentials') {
    const credential = definitionOf(key)?.credential
    return credential === undefined ? undefined : wholeCredential(credential)
  }
  if (schema.plugin === 'settings') return definitionOf(key)?.consumerConfig
  if (KindGuard.IsObject(schema)) return schema.properties[key]
  return KindGuard.IsRecord(schema) ? Object.values(schema.patternProperties)[0] : undefined
}

function isPlainBlock(value: unknown): value is Record<string, unknown> {
  return isBlock(value) && [Object.prototype, null].includes(Object.getPrototypeOf(value)) && !('amountNano' in value)
}

function joined(path: string, key: string): string {
  return path === '' ? key : `${path}.${key}`
}

/** Equal for equal values, and only for those. Secrets are told apart by a digest, so that none is kept. */
function comparable(value: unknown): string {
  if (value instanceof SecretText) return createHash('sha256').update(value.reveal()).digest('base64')
  if (Array.isArray(value)) return `[${value.map(comparable).join(',')}]`
  if (isBlock(value)) {
    const keys = Object.keys(value).sort()
    return `{${keys.map(key => `${JSON.stringify(key)}:${comparable(value[key])}`).join(',')}}`
  }
  return typeof value === 'string' ? JSON.stringify(value) : String(value)
}
