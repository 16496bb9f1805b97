/**
 * Reads the catalogue of a configuration alone, so that prices can be looked at before the rest of the file is complete,
 * and without the secrets of the rest.
 */
import { readSources } from '../configuration/includes.ts'
import { Merged } from '../configuration/merged.ts'
import { MergedReporter } from '../configuration/merged-report.ts'
import { readNamedText } from '../configuration/named-file.ts'
import { isBlock } from '../configuration/path.ts'
import { ConfigurationError } from '../configuration/report.ts'
import { substitute } from '../configuration/secrets.ts'
import { builtInRegistry } from './built-in.ts'
import { loadCatalogue } from './load.ts'
import type { Registry } from './registry.ts'

/**
 * @param file the gateway's file, with those that it includes; what comes along alone, if not given.
 * @throws ConfigurationError with everything that is wrong with its `catalogue:` and with the files that this names;
 * GatewayError `TACIT_FILE_UNREADABLE`.
 */
export async function readCatalogue(
  file: string | undefined,
  environment: Readonly<Record<string, string | undefined>>
): Promise<Registry> {
  if (file === undefined) return builtInRegistry()
  const text = await readNamedText(file)
  const merged = new Merged(await readSources(file, text))
  const block = isBlock(merged.value) ? merged.value.catalogue : undefined
  const written = block === undefined ? {} : { catalogue: block }
  const { value, substitutions, findings } = await substitute(written, { file, environment })
  const catalogue = loadCatalogue({ file, root: value, substitutions })
  const reporter = new MergedReporter(merged, substitutions, () => [])
  const problems = [...reporter.problems([...findings, ...catalogue.findings]), ...catalogue.problems]
  if (problems.length > 0) throw new ConfigurationError(file, problems)
  return catalogue.registry()
}
