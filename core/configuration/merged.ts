/**
 * Makes one configuration of several files, and knows which file and line each part of it comes from. Lists such as
 * `routes:` are joined in the order of the files; everything else can be said in one file only. Pure.
 */
import { problem } from './finding.ts'
import type { SourceFile } from './includes.ts'
import { isBlock, type Path } from './path.ts'

/** Keys whose lists are joined. */
const JOINED: ReadonlySet<string> = new Set(['consumers', 'groups', 'upstreams', 'routes', 'plugins'])

/** A place in one of the files. */
export interface Located {
  readonly file: SourceFile
  readonly path: Path
}

/** The files of one configuration, as one. */
export class Merged {
  readonly files: readonly SourceFile[]
  /** The values of all files together; undefined when one of them cannot be read. */
  readonly value: unknown
  /** The file that a key at the top was said in first. */
  readonly #owners = new Map<string, SourceFile>()
  /** Of each joined list: which file each entry comes from, and its place there. */
  readonly #entries = new Map<string, { readonly file: SourceFile; readonly index: number }[]>()

  /** @param files the main one first. What is wrong between them is added to their findings. */
  constructor(files: readonly SourceFile[]) {
    this.files = files
    const [main, ...parts] = files
    const isReadable = files.every(({ document }) => document.value !== undefined)
    this.value = isReadable && main !== undefined ? this.#merge(main, parts) : undefined
  }

  /** Where the part of the whole that stands at `path` was written. */
  locate(path: Path): Located {
    const [main] = this.files
    if (main === undefined) throw new TypeError('a configuration without a file')
    const [key, index, ...rest] = path
    if (typeof key !== 'string') return { file: main, path }
    const entry = typeof index === 'number' ? this.#entries.get(key)?.[index] : undefined
    if (entry !== undefined) return { file: entry.file, path: [key, entry.index, ...rest] }
    return { file: this.#owners.get(key) ?? main, path }
  }

  /** Whether something is written at `path`, rather than there by default. */
  holds(path: Path): boolean {
    const { file, path: local } = this.locate(path)
    return file.document.holds(local)
  }

  /** `line 4`, or `line 4 of routes.yaml` where that is another file than that of `from`. */
  placeOf(path: Path, from: Path): string {
    const found = this.locate(path)
    const { lines } = found.file.document
    const line = `line ${lines.position(found.file.document.span(found.path, 'value').start).line}`
    return this.locate(from).file === found.file ? line : `${line} of ${found.file.name}`
  }

  #merge(main: SourceFile, parts: readonly SourceFile[]): unknown {
    const { value } = main.document
    if (!isBlock(value)) return value
    const whole: Record<string, unknown> = {}
    this.#add(main, value, whole)
    for (const part of parts) {
      const own = part.document.value
      if (isBlock(own)) this.#add(part, own, whole)
      else
        part.findings.push(
          problem([], 'TACIT_VALUE_TYPE', 'An included file must be a block.', 'Write keys such as `routes:`.')
        )
    }
    return whole
  }

  #add(file: SourceFile, value: Readonly<Record<string, unknown>>, whole: Record<string, unknown>): void {
    for (const [key, item] of Object.entries(value)) {
      const owner = this.#owners.get(key)
      if (JOINED.has(key) && Array.isArray(item) && (owner === undefined || Array.isArray(whole[key]))) {
        this.#join(file, key, item, whole)
      } else if (owner === undefined) {
        this.#owners.set(key, file)
        whole[key] = item
      } else if (key === 'version' && item === whole[key]) {
        // Each file may say which version of the format it is written in.
      } else if (JOINED.has(key)) {
        file.findings.push(problem([key], 'TACIT_VALUE_TYPE', `"${key}" must be a list.`, undefined, 'key'))
      } else if (key !== 'include') {
        const { lines } = owner.document
        const { line } = lines.position(owner.document.span([key], 'key').start)
        const message = `"${key}" stands in ${owner.name} already, on line ${line}.`
        file.findings.push(problem([key], 'TACIT_INCLUDE_CONFLICT', message, 'Keep one of the two.', 'key'))
      }
    }
  }

  #join(file: SourceFile, key: string, items: readonly unknown[], whole: Record<string, unknown>): void {
    if (!this.#owners.has(key)) this.#owners.set(key, file)
    const entries = this.#entries.get(key) ?? []
    this.#entries.set(key, entries)
    const before = whole[key]
    whole[key] = [...(Array.isArray(before) ? before : []), ...items]
    for (const index of items.keys()) entries.push({ file, index })
  }
}
