/**
 * Finds the files that a configuration includes: below its own folder, never twice, never in a circle. Reads them, and
 * says where each was named. Must not know what stands in them but their `include:`.
 */
import { readdir, readFile, realpath, stat } from 'node:fs/promises'
import { dirname, isAbsolute, join, relative, sep } from 'node:path'
import { MAX_FILE_BYTES, readDocument, type YamlDocument } from './document.ts'
import { type Finding, problem, warning } from './finding.ts'
import { isBlock, type Path } from './path.ts'

/** Most files that one configuration is made of. */
const MAX_FILES = 256
/** A longer pattern is no name of a file. */
const MAX_ENTRY_LENGTH = 512

/** Where included files come from; from the disk if not given. */
export interface IncludeSource {
  /** The path without links, or undefined where there is no such file. */
  real(path: string): Promise<string | undefined>
  /** Names of the files in a folder; none where there is no such folder. */
  list(folder: string): Promise<readonly string[]>
  /** @throws as `readFile` does; also for what is no plain file, and for a file that is too large to be read. */
  read(path: string): Promise<string>
}

/** One file of a configuration. */
export interface SourceFile {
  /** As reports name it: the main file as it was given, others beside it. */
  readonly name: string
  readonly document: YamlDocument
  /** What is wrong with it, by paths within it. */
  readonly findings: Finding[]
}

const DISK: IncludeSource = {
  real: path => realpath(path).catch(() => undefined),
  list: async folder => {
    const entries = await readdir(folder, { withFileTypes: true }).catch(() => [])
    return entries.filter(entry => !entry.isDirectory()).map(({ name }) => name)
  },
  async read(path) {
    const found = await stat(path)
    // Reading a named pipe would wait for somebody to write into it.
    if (!found.isFile()) throw new RangeError('not a file')
    if (found.size > MAX_FILE_BYTES) throw new RangeError('too large')
    return readFile(path, 'utf8')
  }
}

/**
 * Reads the main file and everything that it includes, directly or by way of another.
 * @returns the main file first, then the others in the order in which they are named. What is wrong stands in `findings`.
 */
export async function readSources(
  file: string,
  text: string,
  source: IncludeSource = DISK
): Promise<readonly SourceFile[]> {
  return new Reading(file, source).all(text)
}

class Reading {
  readonly #file: string
  readonly #folder: string
  readonly #source: IncludeSource
  readonly #files: SourceFile[] = []
  /** Files that were read, without links, and what reports call them. */
  readonly #known = new Map<string, string>()
  /** Files within which one is being read now. */
  readonly #open: string[] = []
  #realFolder: string | undefined

  constructor(file: string, source: IncludeSource) {
    this.#file = file
    this.#folder = dirname(file)
    this.#source = source
  }

  async all(text: string): Promise<readonly SourceFile[]> {
    this.#realFolder = await this.#source.real(this.#folder)
    const real = (await this.#source.real(this.#file)) ?? this.#file
    await this.#take(this.#file, real, text)
    return this.#files
  }

  async #take(name: string, real: string, text: string): Promise<void> {
    const document = readDocument(text)
    const file: SourceFile = { name, document, findings: [...document.findings] }
    this.#files.push(file)
    this.#known.set(real, name)
    this.#open.push(real)
    for (const { entry, path } of entriesOf(document.value)) {
      const finding = await this.#include(entry, path)
      if (finding !== undefined) file.findings.push(finding)
    }
    this.#open.pop()
  }

  /** Includes what one entry names. @returns what is wrong with the entry. */
  async #include(entry: string, path: Path): Promise<Finding | undefined> {
    const fault = entryFault(entry)
    if (fault !== undefined) {
      const cure = 'Write a path from the folder of the main file, such as routes/chat.yaml or routes/*.yaml.'
      return problem(path, 'TACIT_INCLUDE_PATH', `This path ${fault}.`, cure)
    }
    const names = await this.#matching(entry)
    if (names.length === 0)
      return warning(path, 'TACIT_INCLUDE_NOTHING', 'No file matches.', 'Remove it, or add a file.')
    for (const name of names) {
      const finding = await this.#includeFile(name, path)
      if (finding !== undefined) return finding
    }
    return undefined
  }

  async #includeFile(name: string, path: Path): Promise<Finding | undefined> {
    const absolute = join(this.#folder, name)
    const real = await this.#source.real(absolute)
    if (real === undefined) {
      return problem(
        path,
        'TACIT_INCLUDE_MISSING',
        `There is no file "${name}".`,
        'It is looked for from the folder of the main file.'
      )
    }
    if (this.#realFolder === undefined || isOutside(relative(this.#realFolder, real))) {
      const cure = 'Put it there, rather than a link to it.'
      return problem(path, 'TACIT_INCLUDE_PATH', 'This file does not stand below the folder of the main file.', cure)
    }
    if (this.#open.includes(real)) {
      return problem(
        path,
        'TACIT_INCLUDE_CYCLE',
        'This file includes itself, directly or by way of another.',
        'Remove it.'
      )
    }
    if (this.#known.has(real)) {
      return problem(path, 'TACIT_INCLUDE_TWICE', `"${name}" is included already.`, 'Name each file once.')
    }
    if (this.#files.length === MAX_FILES) {
      return problem(
        path,
        'TACIT_INCLUDE_MANY',
        `A configuration is made of at most ${MAX_FILES} files.`,
        'Write more into each.'
      )
    }
    let text: string
    try {
      text = await this.#source.read(absolute)
    } catch {
      return problem(
        path,
        'TACIT_INCLUDE_MISSING',
        `"${name}" cannot be read.`,
        'Check its permissions, and that it is a plain file no larger than 10 MiB.'
      )
    }
    await this.#take(absolute, real, text)
    return undefined
  }

  /** The files that an entry means, sorted by name where it is a pattern. */
  async #matching(entry: string): Promise<readonly string[]> {
    if (!entry.includes('*')) return [entry]
    const folder = dirname(entry)
    const [before = '', after = ''] = entry.slice(folder === '.' ? 0 : folder.length + 1).split('*')
    const names = await this.#source.list(join(this.#folder, folder))
    return names
      .filter(name => name.length >= before.length + after.length && name.startsWith(before) && name.endsWith(after))
      .filter(name => !name.startsWith('.'))
      .sort()
      .map(name => (folder === '.' ? name : `${folder}/${name}`))
  }
}

/** The texts under `include:`. What is no text is left to the schema of the file. */
function entriesOf(value: unknown): readonly { readonly entry: string; readonly path: Path }[] {
  const written = isBlock(value) ? value.include : undefined
  if (typeof written === 'string') return [{ entry: written, path: ['include'] }]
  if (!Array.isArray(written)) return []
  return written.flatMap((entry: unknown, index) =>
    typeof entry === 'string' ? [{ entry, path: ['include', index] }] : []
  )
}

/** What is wrong with the form of a path; a clause that follows "This path". */
function entryFault(entry: string): string | undefined {
  if (entry === '') return 'is empty'
  if (entry.length > MAX_ENTRY_LENGTH) return 'is too long'
  if (entry.includes('${')) return 'cannot hold a value from outside'
  if (entry.includes('\\') || entry.includes('\0')) return 'holds a backslash'
  if (isAbsolute(entry)) return 'does not begin at the folder of the main file'
  const segments = entry.split('/')
  if (segments.includes('..')) return 'leads out of the folder of the main file'
  const stars = entry.split('*').length - 1
  if (stars > 1 || segments.slice(0, -1).some(segment => segment.includes('*'))) {
    return 'holds a `*` elsewhere than once in its last part'
  }
  return undefined
}

function isOutside(path: string): boolean {
  return path === '..' || path.startsWith(`..${sep}`) || isAbsolute(path)
}
