/**
 * A configuration as it counts, for people to look at: as it is written, with
 * defaults in place. Whatever came from outside is shown as its reference, and
 * what is or looks like a secret is not shown. Pure.
 */
import { isDigest, isSecretKey, literalPieces, MASK, maskSpans, maskText } from './mask.ts'
import { isBlock, type Path, pathKey } from './path.ts'
import { secretPlaces } from './secret-places.ts'
import type { Substitutions } from './secrets.ts'
import type { Region } from './uses.ts'

/** What stands in place of a digest: nobody who looks needs it, and whoever guesses could compare with it. */
export const DIGEST_MASK = '[digest]'

/** What a file was read into, before it was decoded. */
export interface PreparedConfiguration {
  /** The whole file. Parts of plugins may be decoded in it already. */
  readonly prepared: unknown
  /** The file and the parts of plugins, each with its schema. */
  readonly regions: readonly Region[]
  readonly substitutions: Substitutions
}

/** A copy without secrets: texts, numbers, truths, lists and blocks, as JSON has them. */
export function maskedConfiguration({ prepared, regions, substitutions }: PreparedConfiguration): unknown {
  const parts = new Map(regions.map(({ path, value }) => [pathKey(path), value]))
  const secrets = new Set<string>()
  for (const { schema, value, path } of regions) {
    for (const secret of secretPlaces(schema, value, path)) secrets.add(pathKey(secret.path))
  }

  const text = (value: string, path: Path, isSecret: boolean): string => {
    const source = substitutions.at(path)?.source
    if (isSecret) return source === undefined ? MASK : maskSpans(source, literalPieces(source))
    if (isDigest(value)) return DIGEST_MASK
    return maskText(source ?? value)
  }

  const visit = (given: unknown, path: Path, isSecretAbove: boolean): unknown => {
    const key = pathKey(path)
    const value = path.length > 0 && parts.has(key) ? parts.get(key) : given
    const last = path.at(-1)
    const isSecret =
      isSecretAbove || secrets.has(key) || (typeof last === 'string' && isSecretKey(last) && !isBlock(value))
    if (typeof value === 'string') return text(value, path, isSecret && !isDigest(value))
    if (Array.isArray(value)) return value.map((item, index) => visit(item, [...path, index], isSecret))
    if (isBlock(value)) {
      const prototype: unknown = Object.getPrototypeOf(value)
      // Something that a decoder made says nothing that was written.
      if (prototype !== Object.prototype && prototype !== null) return MASK
      return Object.fromEntries(
        Object.entries(value).map(([name, item]) => [maskText(name), visit(item, [...path, name], secrets.has(key))])
      )
    }
    if (isSecret && value !== null && value !== undefined) return MASK
    return typeof value === 'bigint' ? String(value) : value
  }
  return visit(prepared, [], false)
}
