/**
 * Puts values from outside into the text of a configuration: `${NAME}` and
 * `${NAME:-default}` from the environment, `${file:path}` from a file, `$${` for a
 * literal `${`. Remembers what was written where, so that no report shows a value.
 */
import { readFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { type Finding, problem } from './finding.ts'
import { isBlock, type Path, pathKey } from './path.ts'

/** Largest file that `${file:…}` reads. */
const MAX_SECRET_BYTES = 256 * 1024

/** Where values come from. */
export interface SecretSource {
  /** The configuration file; paths of secret files are relative to its folder. */
  readonly file: string
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Reads a file whole, given its absolute path; from the disk if not given. @throws as `readFile` does. */
  readonly readSecretFile?: (path: string) => string | Promise<string>
}

/** A text that something was put into. */
export interface Substitution {
  /** What stands in the file, such as `Bearer ${LLM_KEY}`. May be shown. */
  readonly source: string
  /** What became of it. Must not be shown. */
  readonly value: string
  /** Whether the whole text is one reference, so that it may stand for a number too. */
  readonly isWhole: boolean
}

/** Every text that something was put into, by its place. */
export class Substitutions {
  readonly #byPath = new Map<string, Substitution>()

  set(path: Path, substitution: Substitution): void {
    this.#byPath.set(pathKey(path), substitution)
  }

  /** What stands in the file at `path`; a single value that was made a list counts for its first entry. */
  at(path: Path): Substitution | undefined {
    if (this.#byPath.size === 0) return undefined
    const found = this.#byPath.get(pathKey(path))
    if (found !== undefined || path.at(-1) !== 0) return found
    return this.#byPath.get(pathKey(path.slice(0, -1)))
  }

  /** Every substitution, in no order. */
  all(): Iterable<Substitution> {
    return this.#byPath.values()
  }
}

/** A reference in a text, or the escape of one. */
type Part =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'variable'; readonly name: string; readonly fallback: string | undefined }
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'malformed'; readonly text: string }

const VARIABLE = /^([A-Za-z_][A-Za-z0-9_]*)(?::-([\s\S]*))?$/

/** Takes a text apart into literal text and references. Nothing can stand inside a reference, not even another one. */
export function referencesIn(text: string): readonly Part[] {
  const parts: Part[] = []
  let from = 0
  for (let at = text.indexOf('${'); at !== -1; at = text.indexOf('${', from)) {
    if (text[at - 1] === '$' && at > from) {
      parts.push({ kind: 'text', text: `${text.slice(from, at - 1)}\${` })
      from = at + 2
      continue
    }
    if (at > from) parts.push({ kind: 'text', text: text.slice(from, at) })
    const close = text.indexOf('}', at)
    const inside = text.slice(at + 2, close === -1 ? undefined : close)
    const [, name, fallback] = VARIABLE.exec(inside) ?? []
    if (close === -1 || inside.includes('${')) parts.push({ kind: 'malformed', text: inside })
    else if (name !== undefined) parts.push({ kind: 'variable', name, fallback })
    else if (inside.startsWith('file:') && inside.length > 5) parts.push({ kind: 'file', path: inside.slice(5) })
    else parts.push({ kind: 'malformed', text: inside })
    from = close === -1 ? text.length : close + 1
  }
  if (from < text.length) parts.push({ kind: 'text', text: text.slice(from) })
  return parts
}

/**
 * Replaces references in every text of `value`, in place.
 * @returns the value, what was written where, and a finding for each reference that leads nowhere.
 */
export async function substitute(
  value: unknown,
  source: SecretSource
): Promise<{
  readonly value: unknown
  readonly substitutions: Substitutions
  readonly findings: readonly Finding[]
}> {
  const substitutions = new Substitutions()
  const findings: Finding[] = []
  const files = new SecretFiles(source)
  const root = { value }
  for (const { path, text, holder, key } of references(root)) {
    const parts = referencesIn(text)
    let result = ''
    for (const part of parts) {
      const resolved = await resolvePart(part, source, files)
      if (typeof resolved === 'string') result += resolved
      else findings.push(problem(path, resolved.code, resolved.message, resolved.cure))
    }
    Reflect.set(holder, key, result)
    if (parts.some(part => part.kind !== 'text')) {
      substitutions.set(path, { source: text, value: result, isWhole: parts.length === 1 })
    }
  }
  return { value: root.value, substitutions, findings }
}

/** A text with a reference in it, and what holds it. */
interface Reference {
  readonly path: Path
  readonly text: string
  readonly holder: object
  readonly key: string | number
}

/** Every text in `root.value` that has a reference in it. */
function references(root: { readonly value: unknown }): readonly Reference[] {
  const found: Reference[] = []
  const path: (string | number)[] = []
  const visit = (value: unknown, holder: object, key: string | number): void => {
    if (typeof value === 'string') {
      if (value.includes('${')) found.push({ path: [...path], text: value, holder, key })
    } else if (Array.isArray(value)) {
      for (let index = 0; index < value.length; index++) {
        path.push(index)
        visit(value[index], value, index)
        path.pop()
      }
    } else if (isBlock(value)) {
      for (const name of Object.keys(value)) {
        path.push(name)
        visit(value[name], value, name)
        path.pop()
      }
    }
  }
  visit(root.value, root, 'value')
  return found
}

type Unresolved = Pick<Finding, 'code' | 'message' | 'cure'>

function resolvePart(
  part: Part,
  { environment }: SecretSource,
  files: SecretFiles
): string | Unresolved | Promise<string | Unresolved> {
  switch (part.kind) {
    case 'text':
      return part.text
    case 'file':
      return files.read(part.path)
    case 'variable': {
      const value = Object.hasOwn(environment, part.name) ? environment[part.name] : undefined
      if (value !== undefined && value !== '') return value
      if (part.fallback !== undefined) return part.fallback
      return {
        code: 'TACIT_SECRET_MISSING',
        message: `The environment variable ${part.name} is ${value === undefined ? 'not set' : 'empty'}.`,
        cure: `Set it, or write \${${part.name}:-default} for a value that can do without.`
      }
    }
    case 'malformed':
      return {
        code: 'TACIT_SECRET_SYNTAX',
        message: 'This is no reference to a value from outside.',
        cure: 'Write ${NAME}, ${NAME:-default} or ${file:path}; for a literal "${", write "$${".'
      }
  }
}

/** Reads each secret file once. */
class SecretFiles {
  readonly #source: SecretSource
  readonly #read = new Map<string, Promise<string | Unresolved>>()

  constructor(source: SecretSource) {
    this.#source = source
  }

  read(path: string): Promise<string | Unresolved> {
    const absolute = resolve(dirname(this.#source.file), path)
    let reading = this.#read.get(absolute)
    if (reading === undefined) {
      reading = this.#load(path, absolute)
      this.#read.set(absolute, reading)
    }
    return reading
  }

  async #load(path: string, absolute: string): Promise<string | Unresolved> {
    let text: string
    try {
      text = await (this.#source.readSecretFile?.(absolute) ?? readFile(absolute, 'utf8'))
    } catch (error) {
      return {
        code: 'TACIT_SECRET_FILE',
        message: `The file "${path}" ${fault(error)}.`,
        cure: `It is looked for from the folder of the configuration: ${absolute}.`
      }
    }
    if (text.length > MAX_SECRET_BYTES || text.includes('\0') || text.includes('\ufffd')) {
      return {
        code: 'TACIT_SECRET_FILE',
        message: `The file "${path}" is no text of at most 256 KiB.`,
        cure: 'Point to a file that holds the secret and nothing else.'
      }
    }
    const trimmed = text.replace(/\r?\n$/, '')
    if (trimmed !== '') return trimmed
    return { code: 'TACIT_SECRET_FILE', message: `The file "${path}" is empty.`, cure: 'Write the secret into it.' }
  }
}

/** The system's own message would do, but for the path that it repeats. */
function fault(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  switch (code) {
    case 'ENOENT':
      return 'does not exist'
    case 'EACCES':
    case 'EPERM':
      return 'may not be read by this user'
    case 'EISDIR':
      return 'is a folder'
    default:
      return typeof code === 'string' ? `cannot be read (${code})` : 'cannot be read'
  }
}
