/**
 * From the text of a configuration to what a gateway is built of: read, put
 * secrets in, check against the schema, find the plugins, check everything against
 * everything. All problems of all stages are told at once. Opens nothing.
 */
import { BLOCK_PATH, loadCatalogue } from '../catalogue/load.ts'
import type { Registry } from '../catalogue/registry.ts'
import type { Consumer } from '../contract/exchange.ts'
import { checkAdmin } from './admin-checks.ts'
import { checkFile, checkUnused } from './checks.ts'
import { type LoadedCredential, type LoadedSettings, readDirectory } from './directory.ts'
import { checkEndpoints } from './endpoint-checks.ts'
import { type Finding, problem, warning } from './finding.ts'
import { freeze } from './freeze.ts'
import { type IncludeSource, readSources } from './includes.ts'
import { maskedConfiguration } from './masked.ts'
import { Merged } from './merged.ts'
import { MergedReporter } from './merged-report.ts'
import { type Chain, checkOrder } from './order.ts'
import { type Path, replaceAt } from './path.ts'
import { addressesOfPeers, checkProviders } from './provider-checks.ts'
import { ConfigurationError, type Problem } from './report.ts'
import { checkRoutes } from './route-checks.ts'
import { type Configuration, GatewayFile } from './schema.ts'
import { secretPlaces } from './secret-places.ts'
import { type SecretSource, type Substitutions, substitute } from './secrets.ts'
import { type LoadedUse, type PluginResolver, type Region, Uses } from './uses.ts'
import { validate } from './validate.ts'
import { entriesOf, entryOf, type Written, wordOf } from './written.ts'

export type { LoadedCredential, LoadedSettings } from './directory.ts'
export type { LoadedUse, PluginProblem, PluginResolver } from './uses.ts'

/** The text of a configuration, and where its secrets come from. */
export interface ConfigurationSource extends SecretSource {
  readonly text: string
  /** Reads a file of the catalogue whole, given its absolute path; from the disk if not given. @throws as `readFileSync` does. */
  readonly readDataFile?: (path: string) => string
  /** Where files that it includes are read from; from the disk if not given. */
  readonly included?: IncludeSource
}

/** Plugins of one upstream. */
export interface LoadedUpstream {
  readonly balancer: LoadedUse
  readonly plugins: readonly LoadedUse[]
}

/** A configuration that is sound as far as can be said without setting up its plugins. */
export interface LoadedConfiguration {
  /** As it was given. */
  readonly file: string
  /** Every file that it is made of: the main one as it was given, then those that are included. */
  readonly files: readonly string[]
  /** Decoded and frozen. */
  readonly configuration: Configuration
  /** Plugins for every route, in order. */
  readonly plugins: readonly LoadedUse[]
  /** Each route's own plugins, by its id. */
  readonly routes: ReadonlyMap<string, readonly LoadedUse[]>
  /** By id. */
  readonly upstreams: ReadonlyMap<string, LoadedUpstream>
  /** Who may call, and what is set for them, by the name of the plugin. */
  readonly directory: {
    readonly consumers: readonly Consumer[]
    /** Ids of the groups. */
    readonly groups: readonly string[]
    readonly credentials: ReadonlyMap<string, readonly LoadedCredential[]>
    readonly settings: ReadonlyMap<string, LoadedSettings>
  }
  /** Providers, models and prices: always the same object, made when it is first asked for unless `catalogue:` is written. */
  readonly registry: () => Registry
  /** What does not keep the gateway from starting. */
  readonly warnings: readonly Problem[]
  /** The whole file as it counts, as an operator would write it, without secrets: for people to look at. */
  masked(): unknown
  /** A problem that shows up later, such as at set-up, at its place in the file. Sentences must hold no secret. */
  problemAt(path: Path, code: Problem['code'], message: string, cure?: string): Problem
}

/**
 * Loads a configuration.
 * @throws ConfigurationError with all problems of all stages, as far as they can be found.
 */
export async function loadConfiguration(
  source: ConfigurationSource,
  resolver: PluginResolver
): Promise<LoadedConfiguration> {
  const merged = new Merged(await readSources(source.file, source.text, source.included))
  const { value, substitutions, findings: missingSecrets } = await substitute(merged.value, source)
  const findings: Finding[] = [...missingSecrets]
  const regions: Region[] = []
  const reporter = new MergedReporter(merged, substitutions, () => pathsIn(regions))
  if (merged.value === undefined) throw new ConfigurationError(source.file, reporter.problems(findings))

  const { prepared, decoded, findings: misfits } = validate(GatewayFile, value, [], substitutions)
  regions.push({ schema: GatewayFile, value: prepared, decoded, path: [] })
  findings.push(...misfits)
  const written: Written = {
    root: prepared,
    substitutions,
    placeOf: (path, from) => merged.placeOf(path, from),
    isWritten: path => merged.holds(path)
  }
  findings.push(...checkFile(written), ...checkRoutes(written), ...checkAdmin(written))
  const catalogue = loadCatalogue({
    file: source.file,
    root: written.isWritten(BLOCK_PATH) ? prepared : undefined,
    substitutions,
    readDataFile: source.readDataFile
  })
  findings.push(...catalogue.findings)
  // A provider that stands in data which cannot be read is not unknown.
  if (catalogue.findings.length + catalogue.problems.length === 0) {
    findings.push(...checkProviders(written, catalogue.registry))
    const addresses = addressesOfPeers(written, catalogue.registry)
    findings.push(...addresses.findings)
    for (const { path, url } of addresses.given) for (const root of [prepared, decoded]) replaceAt(root, path, url)
  }

  const uses = new Uses(source.file, written, resolver)
  const loaded = await loadUses(written, uses)
  const { credentials, settings } = await readDirectory(written, uses)
  regions.push(...uses.regions)
  findings.push(...checkEndpoints(written, loaded))
  findings.push(...uses.findings, ...loaded.chains.flatMap(checkOrder), ...literalSecrets(regions, substitutions))
  // While something is wrong, what seems unused may only be misspelt where it is used.
  if (!reporter.hasErrors(findings)) findings.push(...checkUnused(written))

  const problems = [...reporter.problems(findings), ...catalogue.problems]
  if (decoded === undefined || problems.some(({ severity }) => severity === 'error')) {
    throw new ConfigurationError(source.file, problems)
  }
  // Plugins' parts hold secrets in plain text until their own schemas have decoded them.
  for (const region of uses.regions) replaceAt(decoded, region.path, region.decoded)
  const configuration = freeze(decoded)
  return {
    file: source.file,
    files: merged.files.map(({ name }) => name),
    configuration,
    plugins: loaded.plugins,
    routes: loaded.routes,
    upstreams: loaded.upstreams,
    directory: {
      consumers: configuration.consumers.map(({ id, group, labels }) => ({ id, group, labels })),
      groups: configuration.groups.map(({ id }) => id),
      credentials,
      settings
    },
    registry: catalogue.registry,
    warnings: problems,
    masked: () => maskedConfiguration({ prepared, regions, substitutions }),
    problemAt: (path, code, message, cure) => reporter.problemAt(problem(path, code, message, cure))
  }
}

interface LoadedUses extends Pick<LoadedConfiguration, 'plugins' | 'routes' | 'upstreams'> {
  /** What runs on each route; only routes whose every plugin is sound, for the order of others says nothing. */
  readonly chains: readonly Chain[]
}

async function loadUses(written: Written, uses: Uses): Promise<LoadedUses> {
  const { root } = written
  const plugins = await uses.list(root, 'plugins')
  const areSound = plugins.length === entriesOf(root, 'plugins').length
  const upstreams = new Map<string, LoadedUpstream>()
  for (const upstream of entriesOf(root, 'upstreams')) {
    const own = await uses.list(upstream.value, 'plugins', upstream.path)
    const balancer = entryOf(upstream, 'balancer')
    const loaded = balancer === undefined ? undefined : await uses.load(balancer)
    const id = wordOf(upstream, 'id')
    if (id !== undefined && loaded !== undefined) upstreams.set(id.text, { balancer: loaded, plugins: own })
  }
  const routes = new Map<string, readonly LoadedUse[]>()
  const chains: Chain[] = []
  for (const route of entriesOf(root, 'routes')) {
    const own = await uses.list(route.value, 'plugins', route.path)
    const id = wordOf(route, 'id')
    if (id === undefined) continue
    routes.set(id.text, own)
    if (!areSound || own.length < entriesOf(route.value, 'plugins').length) continue
    const upstream = upstreams.get(wordOf(route, 'upstream')?.text ?? '')
    const atUpstream = upstream === undefined ? [] : [upstream.balancer, ...upstream.plugins]
    chains.push({ route: id.text, plugins: [...plugins, ...own], atUpstream })
  }
  return { plugins, routes, upstreams, chains }
}

/** A warning for each secret that stands in the file itself: who may read the file would know it. */
function literalSecrets(regions: readonly Region[], substitutions: Substitutions): readonly Finding[] {
  const findings: Finding[] = []
  for (const { schema, value, path } of regions) {
    for (const { path: at, kind } of secretPlaces(schema, value, path)) {
      if (kind !== 'secret' || substitutions.at(at) !== undefined) continue
      findings.push(
        warning(at, 'TACIT_SECRET_LITERAL', 'This secret stands in the file.', 'Write it as ${NAME} or ${file:path}.')
      )
    }
  }
  return findings
}

function* pathsIn(regions: readonly Region[]): Generator<Path> {
  for (const { schema, value, path } of regions) {
    for (const secret of secretPlaces(schema, value, path)) yield secret.path
  }
}
