/** Data of this folder's tests: a provider that does not exist, and registries made from text. */
import { readDataFile } from '../../../core/catalogue/files.ts'
import { mergeLayers } from '../../../core/catalogue/merge.ts'
import type { Registry } from '../../../core/catalogue/registry.ts'
import { renderReport } from '../../../core/configuration/report.ts'
import type { TokenUsage } from '../../../core/plugin.ts'

export const SOURCE = '{ url: https://acme.example/prices, date: 2026-01-01 }'

/** A provider with three models; one of them has an alias. */
export const ACME = `version: 1
providers:
  - id: acme
    name: Acme
    baseUrl: https://api.acme.example
    credential: { header: authorization, scheme: Bearer }
    paths: [{ dialect: openai-chat, path: /v1/chat/completions }]
    models:
      - { id: big, aliases: [bigger], contextTokens: 1000000, maxOutputTokens: 4096, source: ${SOURCE} }
      - { id: small, source: ${SOURCE} }
      - { id: old-2024-05-13, source: ${SOURCE} }
    source: ${SOURCE}
`

/** The text of a file that prices the model `big` with these rates, and more keys of the entry if given. */
export function pricing(rates: string, more = ''): string {
  return `${ACME}
prices:
  - provider: acme
    model: big
    version: test
    from: 2026-01-01
    rates: ${rates}
    source: ${SOURCE}
${more}`
}

/** The registry of layers of texts, the lowest first. Throws the report of what is wrong in any. */
export function registryOf(...layers: readonly string[]): Registry {
  const files = layers.map((text, index) => readDataFile(`layer-${index}.yaml`, text))
  const registry = mergeLayers(files.map(({ part }) => (part === undefined ? [] : [part])))
  const problems = files.flatMap(file => file.problems())
  if (problems.length > 0) throw new Error(renderReport(problems, ''))
  return registry
}

/** A usage in which everything that is not given is nothing. */
export function usageOf(given: Partial<TokenUsage> = {}): TokenUsage {
  return {
    inputTokens: 0,
    cacheReadTokens: 0,
    cacheWriteTokens: { short: 0, long: 0 },
    outputTokens: 0,
    reasoningTokens: 0,
    audioTokens: { input: 0, output: 0 },
    units: {},
    source: 'reported',
    ...given
  }
}

/** The instant at which a day begins in UTC. */
export const at = (day: string): number => Date.parse(`${day}T00:00:00Z`)
