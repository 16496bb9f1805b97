/** The version of this package, as its package.json says. */
import { readFileSync } from 'node:fs'

/** Semantic version, such as `0.1.0`. */
export const VERSION: string = versionOf(readPackage())

/** The package file stands above `core/`, in the sources and, one folder further up, in the published build. */
function readPackage(): unknown {
  const depth = import.meta.url.endsWith('.js') ? '../../package.json' : '../package.json'
  return JSON.parse(readFileSync(new URL(depth, import.meta.url), 'utf8'))
}

function versionOf(description: unknown): string {
  if (typeof description === 'object' && description !== null && 'version' in description)
    return String(description.version)
  throw new TypeError('package.json names no version')
}
