/** Paths into a configuration: how checks say where something stands. Pure. */

/** Keys and indexes from the root of the file: `['routes', 0, 'match', 'path']`. */
export type Path = readonly (string | number)[]

/** A key for look-ups by path. No part can hold a NUL: documents with one are refused. */
export function pathKey(path: Path): string {
  return path.join('\0')
}

/** The parts of a JSON pointer (RFC 6901) into `value`, indexes as numbers where a list stands. */
export function pathOfPointer(pointer: string, value: unknown): Path {
  const path: (string | number)[] = []
  let current = value
  for (const part of pointer.split('/').slice(1)) {
    const key = part.replaceAll('~1', '/').replaceAll('~0', '~')
    path.push(Array.isArray(current) ? Number(key) : key)
    current = child(current, key)
  }
  return path
}

/** What stands at `path` in `value`; undefined where nothing does. */
export function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>((current, part) => child(current, String(part)), value)
}

/** Puts `value` at `path` in place of what stands there; nothing happens where the way there does not exist. */
export function replaceAt(root: unknown, path: Path, value: unknown): void {
  const last = path.at(-1)
  const parent = valueAt(root, path.slice(0, -1))
  if (last !== undefined && typeof parent === 'object' && parent !== null) Reflect.set(parent, last, value)
}

/** A block of keys, not a list, a null or an object of some class. */
export function isBlock(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function child(value: unknown, key: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined
  return Reflect.get(value, key)
}
