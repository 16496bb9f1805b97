/**
 * A whole gateway for tests: read from a file like any other, listening on free
 * loopback ports, gone at the end of the test. It knows nothing of what a test
 * puts behind it.
 */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Gateway, startGateway } from '../../core/gateway.ts'
import type { Teardown } from './upstream.ts'

/** Inside the package, so that plugins of a test can import `tacit-gateway/plugin`; git does not see it. */
const DIRECTORY = fileURLToPath(new URL('../../.tap/', import.meta.url))

/** Further things around a configuration. */
export interface TestGatewayOptions {
  /** What `${NAME}` stands for. Nothing of the test's own environment is there. */
  readonly environment?: Readonly<Record<string, string>>
  /** Files beside the configuration, by name, such as plugins for `use: ./mine.ts`. */
  readonly files?: Readonly<Record<string, string>>
}

/** What every test leaves out unless it is about it. A test that leaves exchanges open does not wait for them. */
const USUAL = { version: 1, listen: { port: 0 }, admin: { port: 0 }, log: { level: 'silent' }, shutdownGrace: '500ms' }

/** A gateway whose file a test may write anew. */
export interface TestGateway extends Gateway {
  /** Writes another configuration in place of the one that was read; nobody reads it before a reload. */
  rewrite(configuration: string | Readonly<Record<string, unknown>>): Promise<void>
}

/**
 * Starts a gateway and stops it with the test.
 * @param configuration The text of a YAML file as it stands; or the same as an object, where `version`, ports,
 * the level of the log and the grace of the shutdown may be left out.
 */
export async function startTestGateway(
  t: Teardown,
  configuration: string | Readonly<Record<string, unknown>>,
  { environment = {}, files = {} }: TestGatewayOptions = {}
): Promise<TestGateway> {
  await mkdir(DIRECTORY, { recursive: true })
  const directory = await mkdtemp(join(DIRECTORY, 'gateway-'))
  t.teardown(() => rm(directory, { recursive: true, force: true }))
  const file = join(directory, 'gateway.yaml')
  const rewrite = (next: typeof configuration) => writeFile(file, textOf(next))
  await rewrite(configuration)
  for (const [name, content] of Object.entries(files)) await writeFile(join(directory, name), content)
  const gateway = await startGateway({ file, environment })
  t.teardown(() => gateway.close())
  return Object.assign(gateway, { rewrite })
}

/** JSON is YAML (YAML 1.2.2, 1.3). */
function textOf(configuration: string | Readonly<Record<string, unknown>>): string {
  return typeof configuration === 'string' ? configuration : JSON.stringify({ ...USUAL, ...configuration })
}

/** The configuration that `npm start` runs, on free ports and without a log. It finds its servers at DEMO_NORTH and DEMO_SOUTH. */
export async function embeddedConfiguration(): Promise<string> {
  const text = await readFile(new URL('../../config/gateway.yaml', import.meta.url), 'utf8')
  return text
    .replace(/^version: 1$/m, 'version: 1\nlog: { level: silent }\nshutdownGrace: 500ms')
    .replace(/^ {2}port: \d+$/gm, '  port: 0')
}

/** An upstream of some servers, for a configuration. `settings` are the other members of its entry. */
export function upstreamOf(urls: readonly string[], settings: Readonly<Record<string, unknown>> = {}) {
  return { id: 'upstream', peers: urls.map((url, index) => ({ id: `peer-${index + 1}`, url })), ...settings }
}

/** A route that takes everything, for a configuration. `settings` are the other members of its entry. */
export function routeOf(settings: Readonly<Record<string, unknown>> = {}) {
  return { id: 'route', match: { path: '/*' }, upstream: 'upstream', ...settings }
}
