/** A small catalogue with round prices, for tests that are about money: USD 1 and USD 10 for a million tokens of input. */
import { testCatalogue } from 'tacit-gateway/testing'
import { parse } from 'yaml'

const SOURCE = 'source: { url: contract, date: 2026-01-01 }'

/** Providers, models and prices, in the form of the gateway's files. */
export const ACME_YAML = `version: 1
providers:
  - { id: acme, name: Acme, models: [{ id: small, ${SOURCE} }, { id: large, ${SOURCE} }, { id: pages, ${SOURCE} }], ${SOURCE} }
prices:
  - provider: acme
    model: small
    version: small-1
    from: 2020-01-01
    rates: { input: 1.00 USD, cacheRead: 0.10 USD, cacheWriteShort: 1.25 USD, cacheWriteLong: 2.00 USD, output: 4.00 USD }
    tiers: [{ tier: flex, share: 50% }]
    ${SOURCE}
  - provider: acme
    model: large
    version: large-1
    from: 2020-01-01
    rates: { input: 10.00 USD, cacheRead: 1.00 USD, cacheWriteShort: 12.50 USD, cacheWriteLong: 20.00 USD, output: 40.00 USD }
    ${SOURCE}
  - provider: acme
    model: pages
    version: pages-1
    from: 2020-01-01
    rates: { call: 0.001 USD, units: { pages: 0.01 USD } }
    ${SOURCE}
`

/** The same as `drive` takes it. */
export const ACME = testCatalogue(ACME_YAML)

const { version: _version, ...block } = parse(ACME_YAML) as Record<string, unknown>
/** The same as the `catalogue:` block of a configuration. */
export const ACME_CATALOGUE: Readonly<Record<string, unknown>> = { builtIn: false, ...block }
