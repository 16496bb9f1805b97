/** The gateway itself, with a chain of plugins. */
import { createHmac } from 'node:crypto'
import { existsSync, writeFileSync } from 'node:fs'
import { isAbsolute, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Certificate } from '../harness/certificate.ts'
import { CLIENT_KEY, MODEL } from '../load/chat-request.ts'
import { CHAT_PATH, type Subject } from './subject.ts'

/** Root of the working tree that this file belongs to. */
export const HERE = fileURLToPath(new URL('../../', import.meta.url))

const DIGEST_KEY = 'the benchmarks have nothing to hide'

/** Plugins that a chain of the benchmarks may have. */
export interface Chain {
  /** How the report calls it. */
  readonly name: string
  /** Plugins for the route, in order, by name or by the path of their file. */
  readonly route: readonly string[]
  /** Name of the upstream's balancer; undefined for the default. */
  readonly balancer?: string
  /** Routes beside the one that is asked for. Default: none. */
  readonly otherRoutes?: number
  /** How long an idle connection is kept, such as `10m`. */
  readonly keepAlive?: string
  /** Clients come over TLS. */
  readonly certificate?: Certificate
  /** Settings of plugins, in YAML, in place of those that they have here. */
  readonly settings?: ReadonlyMap<string, string>
  /** Rows are kept, and the model that is asked for has a price. */
  readonly isBilled?: boolean
}

/** Forwarding, and nothing else. */
export const BARE: Chain = { name: 'tacit', route: [] }
/** Forwarding for consumers that are known. */
export const KEY_AUTH: Chain = { name: 'tacit: key-auth', route: ['key-auth'] }
/** What the smallest useful installation has. */
export const USUAL: Chain = {
  name: 'tacit: key-auth, least-latency, access-log',
  route: ['key-auth', 'access-log'],
  balancer: 'least-latency'
}

/** The same, with limits on requests that nobody reaches. */
export const LIMITED: Chain = {
  name: 'tacit: key-auth, rate-limit, least-latency, access-log',
  route: ['key-auth', 'rate-limit', 'access-log'],
  balancer: 'least-latency'
}

/** Who calls, and how much: what stands in front of most meters. */
export const GUARDED: Chain = { name: 'tacit: key-auth, rate-limit', route: ['key-auth', 'rate-limit'] }
/** The same, with a row of what each exchange used and cost. */
export const METERED: Chain = {
  name: 'tacit: ledger, key-auth, rate-limit, metering',
  route: ['ledger', 'key-auth', 'rate-limit', 'metering'],
  isBilled: true
}
/** The same, for clients and providers that need not be asked for usage. */
export const METERED_UNASKED: Chain = {
  ...METERED,
  name: `${METERED.name} (askForUsage: false)`,
  settings: new Map([['metering', '{ askForUsage: false }']])
}

/** What plugins are told that do not start without it, in YAML. */
const SETTINGS: ReadonlyMap<string, string> = new Map([
  ['rate-limit', '{ limits: [{ requests: 1000000000, per: 1m }, { concurrent: 1000000 }] }']
])

/** A route among a few. */
export const FEW_ROUTES: Chain = { ...BARE, name: '10 routes', otherRoutes: 9 }
/** A route among many. */
export const MANY_ROUTES: Chain = { ...BARE, name: '10,000 routes', otherRoutes: 9_999 }

/**
 * The gateway of a working tree with one chain.
 * @param root folder of the working tree, with a slash at its end
 * @param name instead of the chain's own
 */
export function tacit(chain: Chain, root: string = HERE, name: string = chain.name): Subject {
  const main = join(root, 'core/cli/tacit.js')
  return {
    name,
    isTls: chain.certificate !== undefined,
    missing: existsSync(main) ? undefined : `${main} does not exist`,
    command: (folder, port, upstreamPort) => {
      const file = writeConfiguration(folder, chain, port, upstreamPort)
      return [process.execPath, main, 'start', file]
    }
  }
}

/** Writes the configuration of the gateway on a port, in place of the one it has. @returns the file's path */
export function writeConfiguration(folder: string, chain: Chain, port: number, upstreamPort: number): string {
  const file = join(folder, `tacit-${port}.yaml`)
  // Files of plugins are named as seen from the configuration.
  const route = chain.route.map(use => (isAbsolute(use) ? relative(folder, use) : use))
  writeFileSync(file, gatewayYaml({ ...chain, route }, port, upstreamPort))
  return file
}

/** The configuration of one chain. Its log goes to standard output, which the harness sends to a file. */
export function gatewayYaml(chain: Chain, port: number, upstreamPort: number): string {
  const keyHash = `hmac-sha256:${createHmac('sha256', DIGEST_KEY).update(CLIENT_KEY).digest('base64url')}`
  return [
    'version: 1',
    `digestKey: "${DIGEST_KEY}"`,
    `listen: { port: ${port}, maxConnections: 20000${keepAliveOf(chain)}${tlsOf(chain)} }`,
    'admin: { port: 0 }',
    ...(chain.isBilled === true ? billing(port) : []),
    'consumers:',
    '  - id: benchmark',
    `    credentials: { key-auth: { keyHash: "${keyHash}" } }`,
    'upstreams:',
    '  - id: behind',
    ...(chain.balancer === undefined ? [] : [`    balancer: { use: ${chain.balancer} }`]),
    ...(chain.isBilled === true ? ['    provider: benchmark'] : []),
    `    peers: [{ id: only, url: "http://127.0.0.1:${upstreamPort}" }]`,
    '    connections: { max: 16384 }',
    'routes:',
    '  - id: chat',
    `    match: { path: ${CHAT_PATH} }`,
    '    upstream: behind',
    ...(chain.route.length === 0 ? [] : ['    plugins:', ...chain.route.map(name => useOf(name, chain.settings))]),
    ...Array.from({ length: chain.otherRoutes ?? 0 }, (_, index) => otherRoute(index)),
    ''
  ].join('\n')
}

function keepAliveOf({ keepAlive }: Chain): string {
  return keepAlive === undefined ? '' : `, keepAliveTimeout: ${keepAlive}`
}

/** Rows, each gateway's in a folder of its own, and a price. */
function billing(port: number): string[] {
  const source = 'source: { url: benchmark, date: 2026-01-01 }'
  return [
    `records: { directory: "./records-${port}", masterKey: "${'ab'.repeat(32)}" }`,
    'catalogue:',
    '  builtIn: false',
    `  providers: [{ id: benchmark, name: Benchmark, models: [{ id: benchmark, aliases: ["${MODEL}"], ${source} }], ${source} }]`,
    '  prices:',
    `    - { provider: benchmark, model: benchmark, version: one, from: 2020-01-01, rates: { input: 1.00 USD, output: 4.00 USD }, ${source} }`
  ]
}

function useOf(name: string, own: Chain['settings']): string {
  const settings = own?.get(name) ?? SETTINGS.get(name)
  return settings === undefined ? `      - use: ${name}` : `      - { use: ${name}, config: ${settings} }`
}

function tlsOf({ certificate }: Chain): string {
  return certificate === undefined ? '' : `, tls: { cert: "${certificate.cert}", key: "${certificate.key}" }`
}

/** One of many, in the forms that routes have: a path of its own, a folder, and a host. */
function otherRoute(index: number): string {
  const matches = [`path: /v1/other/${index}`, `path: /tenants/${index}/*`, `host: tenant-${index}.test, path: /*`]
  return `  - { id: other-${index}, match: { ${matches[index % matches.length]} }, upstream: behind }`
}
