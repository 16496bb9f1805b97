/** Plugins of this folder's tests, and a resolver that knows them. They do nothing but stand in configurations. */
import { dirname } from 'node:path'
import type { KnownPlugin } from '../../../core/configuration/editor-schema.ts'
import type { IncludeSource } from '../../../core/configuration/includes.ts'
import { type LoadedConfiguration, loadConfiguration, type PluginResolver } from '../../../core/configuration/load.ts'
import {
  ByteSize,
  CONSUMER,
  CREDENTIAL,
  Digest,
  Duration,
  MODEL,
  type PluginDefinition,
  Secret,
  Share,
  sharedKey,
  TOKEN_USAGE,
  Type
} from '../../../core/plugin.ts'

const common = {
  contract: 1,
  summary: 'Stands in configurations.',
  data: { reads: ['metadata'] },
  setup: () => ({})
} as const

export const SCANNED = sharedKey<boolean>('test/scanned')

const definitions: readonly PluginDefinition[] = [
  {
    ...common,
    name: 'key-auth',
    guard: true,
    config: Type.Object({
      header: Type.String({ default: 'authorization', description: 'Header that carries the key.' })
    }),
    credential: Type.Object({
      keyHash: Digest({ description: 'Digest of the API key.' }),
      id: Type.Optional(Type.String({ description: 'Name of the key.' }))
    }),
    provides: [CONSUMER, CREDENTIAL]
  },
  {
    ...common,
    name: 'rate-limit',
    config: Type.Object({
      by: Type.String({ enum: ['consumer', 'address'], default: 'consumer', description: 'Who shares a limit.' }),
      limits: Type.Array(
        Type.Object({
          requests: Type.Optional(Type.Integer({ minimum: 1 })),
          per: Duration({ description: 'How long the window is.' })
        }),
        { default: [], description: 'All of them hold.' }
      )
    }),
    consumerConfig: Type.Object({
      plan: Type.String({ enum: ['free', 'gold'], description: 'What was bought.' }),
      burst: Type.Integer({ minimum: 1, default: 10, description: 'Requests at once.' })
    }),
    requires: config => (Reflect.get(config, 'by') === 'address' ? [] : [CONSUMER]),
    requiresAtEnd: [TOKEN_USAGE]
  },
  { ...common, name: 'metering', config: Type.Object({}), providesAtEnd: [TOKEN_USAGE] },
  {
    ...common,
    name: 'model-router',
    config: Type.Object({ to: Type.Record(Type.String(), Type.String(), { default: {} }) }),
    provides: [MODEL]
  },
  { ...common, name: 'weighted', config: Type.Object({}) },
  { ...common, name: 'scanner', config: Type.Object({ maxBytes: ByteSize({ default: '1MiB' }) }), requires: [SCANNED] },
  {
    ...common,
    name: 'upstream-auth',
    config: Type.Object({
      header: Type.String({ default: 'authorization' }),
      secret: Secret({ description: 'What is sent.' }),
      pepper: Type.Optional(Secret())
    })
  },
  {
    ...common,
    name: 'account',
    config: Type.Object({}),
    endpoints: {
      own: {
        listener: 'public',
        method: 'GET',
        path: '/own',
        role: 'consumer',
        summary: 'Tells what is known of who asks.',
        response: Type.Object({})
      }
    }
  },
  { ...common, name: 'needs-consumer', config: Type.Object({}), requires: [CONSUMER] },
  {
    ...common,
    name: 'sampler',
    config: Type.Object({
      share: Share({ default: '100%', description: 'How many are looked at.' }),
      mode: Type.Union([Type.Literal('first'), Type.Literal('any')], { default: 'any' }),
      rule: Type.Optional(
        Type.Union([Type.Object({ header: Type.String() }), Type.Object({ path: Type.String(), max: Type.Integer() })])
      ),
      at: Type.Optional(Type.Union([Type.Integer(), Type.Boolean()])),
      name: Type.Optional(Type.String({ pattern: '^[a-z]+$', unit: 'header name', description: 'A header.' }))
    })
  }
]

/** The plugins above by name, `./twin.ts` for another that is called `key-auth` too, nothing else. */
export const resolver: PluginResolver = {
  names: () => definitions.map(({ name }) => name),
  async find(use) {
    const definition = definitions.find(({ name }) => name === use)
    if (definition !== undefined) return definition
    if (use === './twin.ts') return { ...common, name: 'key-auth', config: Type.Object({}) }
    if (use.startsWith('./')) {
      return { code: 'TACIT_PLUGIN_NOT_FOUND', message: `There is no file "${use}".`, cure: 'Write one.' }
    }
    return { code: 'TACIT_PLUGIN_UNKNOWN', message: `No plugin is called "${use}".`, cure: undefined }
  }
}

/** What comes from outside in these tests. None of the values may ever be seen. */
export const environment = {
  PORT_NUMBER: '8443',
  PORT_WORD: 'eighty-eighty',
  LLM_KEY: 'value-of-the-llm-key',
  SHORT_KEY: 'too-short-key',
  DIGEST_KEY: 'value-of-the-digest-key',
  UPSTREAM: 'no-such-upstream',
  TIMEOUT: 'half-an-hour',
  EMPTY: ''
} as const

/** Files that `${file:…}` reads in these tests, by absolute path. */
export function readSecretFile(path: string): string {
  if (path === '/etc/tacit/llm.key') return 'value-of-the-key-file\n'
  if (path === '/etc/tacit/empty.key') return '\n'
  throw Object.assign(new Error('no such file'), { code: 'ENOENT' })
}

/** Files by their names, as if they stood in /etc/tacit. */
export function includedFrom(files: Readonly<Record<string, string>>): IncludeSource {
  const byPath = new Map(Object.entries(files).map(([name, text]) => [`/etc/tacit/${name}`, text]))
  return {
    real: async path => (byPath.has(path) || /^\/etc\/tacit(?:\/gateway\.yaml)?$/.test(path) ? path : undefined),
    list: async folder =>
      [...byPath.keys()].filter(path => dirname(path) === folder).map(path => path.slice(folder.length + 1)),
    async read(path) {
      const text = byPath.get(path)
      if (text === undefined) throw new Error('no such file')
      return text
    }
  }
}

/** Loads a configuration as if it stood in /etc/tacit. */
export function load(
  text: string,
  options: {
    readonly resolver?: PluginResolver
    readonly readDataFile?: (path: string) => string
    readonly files?: Readonly<Record<string, string>>
  } = {}
): Promise<LoadedConfiguration> {
  const { readDataFile, files = {} } = options
  const source = { file: '/etc/tacit/gateway.yaml', text, environment, readSecretFile, included: includedFrom(files) }
  return loadConfiguration({ ...source, ...(readDataFile && { readDataFile }) }, options.resolver ?? resolver)
}

/** A golden case: the main file, the files beside it, each after a line of hyphens and its name, and the report. */
export function readCase(text: string): {
  readonly written: string
  readonly files: Readonly<Record<string, string>>
  readonly expected: string | undefined
} {
  const [before = '', expected] = text.split('----------\n')
  const [written = '', ...parts] = before.split(/^-{10} (\S+)\n/m)
  const files: Record<string, string> = {}
  for (let index = 0; index < parts.length; index += 2) files[parts[index] ?? ''] = parts[index + 1] ?? ''
  return { written, files, expected }
}

/** Every plugin that a resolver knows by name. */
export async function knownPlugins(known: PluginResolver): Promise<readonly KnownPlugin[]> {
  const found: KnownPlugin[] = []
  for (const use of await known.names()) {
    const definition = await known.find(use, '/etc/tacit')
    if ('setup' in definition) found.push({ use, definition })
  }
  return found
}
