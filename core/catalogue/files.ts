/**
 * Reads files of data: those that come along under `config/`, and those that an operator names. What is wrong in one is
 * told with its line, like the problems of a configuration.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { readDocument } from '../configuration/document.ts'
import type { Finding } from '../configuration/finding.ts'
import { freeze } from '../configuration/freeze.ts'
import { type Problem, Reporter } from '../configuration/report.ts'
import { Substitutions } from '../configuration/secrets.ts'
import { validate } from '../configuration/validate.ts'
import type { Part } from './merge.ts'
import { type CatalogueData, CatalogueFile } from './schema.ts'

/** Folders of the data that comes along, below `config/`. */
const FOLDERS = ['providers', 'prices'] as const

/** A file that was read. */
export interface DataFile {
  /** Undefined when the file is not well-formed; why is among the problems. */
  readonly part: Part | undefined
  /** Everything that is wrong, in the order of the file; what merging adds to the part's findings included. */
  problems(): readonly Problem[]
}

/** Reads the text of a file of data. @param name what reports call it. */
export function readDataFile(name: string, text: string): DataFile {
  const document = readDocument(text)
  const nothing = new Substitutions()
  const findings: Finding[] = [...document.findings]
  const reporter = new Reporter(name, document, nothing)
  const problems = () => reporter.problems(findings)
  if (document.value === undefined || findings.length > 0) return { part: undefined, problems }
  const checked = validate(CatalogueFile, document.value, [], nothing)
  findings.push(...checked.findings)
  if (checked.decoded === undefined) return { part: undefined, problems }
  const data: CatalogueData = freeze(checked.decoded)
  return { part: { data, path: [], findings }, problems }
}

/** The data that comes along, as files by their names. @throws as `readFileSync` does. */
export function builtInFiles(): readonly DataFile[] {
  return FOLDERS.flatMap(folder => {
    const url = new URL(`${folder}/`, configFolder())
    const names = readdirSync(url).filter(name => name.endsWith('.yaml'))
    return names.sort().map(name => {
      const file = new URL(name, url)
      return readDataFile(`config/${folder}/${name}`, readFileSync(fileURLToPath(file), 'utf8'))
    })
  })
}

/** `config/` stands beside `core/`, in the sources and in the published build alike. */
function configFolder(): URL {
  return new URL('../../config/', import.meta.url)
}
