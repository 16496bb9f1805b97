/**
 * From `catalogue:` in a configuration to the registry that the gateway asks: what comes along, with the operator's
 * data over it. Without the block nothing is read until somebody asks.
 */
import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { type Finding, problem } from '../configuration/finding.ts'
import { type Path, valueAt } from '../configuration/path.ts'
import type { Problem } from '../configuration/report.ts'
import type { Substitutions } from '../configuration/secrets.ts'
import { validate } from '../configuration/validate.ts'
import { builtInLayer, builtInRegistry } from './built-in.ts'
import { type DataFile, readDataFile } from './files.ts'
import { mergeLayers, type Part } from './merge.ts'
import type { Registry } from './registry.ts'
import { CatalogueBlock } from './schema.ts'

/** Where the block stands in the gateway's file. */
export const BLOCK_PATH: Path = ['catalogue']

/** What came of the block. */
export interface LoadedCatalogue {
  /** The registry; always the same object. @throws ConfigurationError when the data that comes along is not in order. */
  readonly registry: () => Registry
  /** What is wrong in the block itself. */
  readonly findings: readonly Finding[]
  /** What is wrong in the files that it names. */
  readonly problems: readonly Problem[]
}

/** Where the block is read from. */
export interface CatalogueSource {
  /** The gateway's file; files of data are found from its folder. */
  readonly file: string
  /** The whole file, with what came from outside put in. Not changed. */
  readonly root: unknown
  readonly substitutions: Substitutions
  /** Reads a file whole, given its absolute path; from the disk if not given. @throws as `readFileSync` does. */
  readonly readDataFile?: ((path: string) => string) | undefined
}

/** Reads the block and the files that it names. Never throws for what the operator wrote. */
export function loadCatalogue(source: CatalogueSource): LoadedCatalogue {
  const written = valueAt(source.root, BLOCK_PATH)
  if (written === undefined) return { registry: builtInRegistry, findings: [], problems: [] }
  const block = validate(CatalogueBlock, structuredClone(written), BLOCK_PATH, source.substitutions)
  const findings: Finding[] = [...block.findings]
  if (block.decoded === undefined) return { registry: builtInRegistry, findings, problems: [] }
  const { builtIn, files, ...data } = block.decoded
  const opened = files.flatMap((path, index) => openFile(path, [...BLOCK_PATH, 'files', index], source, findings))
  const own: readonly Part[] = [...opened.flatMap(({ part }) => part ?? []), { data, path: BLOCK_PATH, findings }]
  const registry = mergeLayers(builtIn ? [builtInLayer(), own] : [own])
  return { registry: () => registry, findings, problems: opened.flatMap(file => file.problems()) }
}

function openFile(path: string, at: Path, source: CatalogueSource, findings: Finding[]): readonly DataFile[] {
  const absolute = resolve(dirname(source.file), path)
  const read = source.readDataFile ?? (file => readFileSync(file, 'utf8'))
  try {
    return [readDataFile(path, read(absolute))]
  } catch {
    findings.push(
      problem(at, 'TACIT_FILE_UNREADABLE', 'This file could not be read.', 'Check the path and its permissions.')
    )
    return []
  }
}
