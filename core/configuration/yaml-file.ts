/** Reads a YAML file of another form than the gateway's, with the same strictness and the same reports. */
import type { StaticDecode, TObject } from '@sinclair/typebox'
import { readDocument } from './document.ts'
import type { Finding } from './finding.ts'
import { readNamedText } from './named-file.ts'
import type { Path } from './path.ts'
import { ConfigurationError, Reporter } from './report.ts'
import { secretPlaces } from './secret-places.ts'
import { substitute } from './secrets.ts'
import { validate } from './validate.ts'

/** A file that fits its schema. */
export interface YamlFile<Content> {
  readonly content: Content
  /** Line of what stands at a path, from 1. */
  lineOf(path: Path): number
}

/**
 * Reads and checks a file. `${NAME}` is taken from the environment.
 * @param check says what no schema can: it is asked once the schema fits.
 * @throws ConfigurationError with every problem; GatewayError `TACIT_FILE_UNREADABLE`.
 */
export async function readYamlFile<Schema extends TObject>(
  file: string,
  schema: Schema,
  environment: Readonly<Record<string, string | undefined>>,
  check: (content: StaticDecode<Schema>) => readonly Finding[] = () => []
): Promise<YamlFile<StaticDecode<Schema>>> {
  const text = await readNamedText(file)
  const document = readDocument(text)
  const { value, substitutions, findings: missing } = await substitute(document.value, { file, environment })
  const findings = [...document.findings, ...missing]
  const {
    prepared,
    decoded,
    findings: misfits
  } = document.value === undefined
    ? { prepared: undefined, decoded: undefined, findings: [] }
    : validate(schema, value, [], substitutions)
  findings.push(...misfits, ...(decoded === undefined ? [] : check(decoded)))
  const secrets = () => [...secretPlaces(schema, prepared, [])].map(({ path }) => path)
  const problems = new Reporter(file, document, substitutions, secrets).problems(findings)
  if (decoded === undefined || problems.some(({ severity }) => severity === 'error')) {
    throw new ConfigurationError(file, problems)
  }
  return { content: decoded, lineOf: path => document.lines.position(document.span(path, 'value').start).line }
}
