import t from 'tap'
import { builtInRegistry } from '../../../core/catalogue/built-in.ts'
import { loadCatalogue } from '../../../core/catalogue/load.ts'
import { ConfigurationError, renderReport } from '../../../core/configuration/report.ts'
import { Substitutions } from '../../../core/configuration/secrets.ts'
import { load } from '../configuration/support.ts'
import { ACME, at, pricing, SOURCE, usageOf } from './support.ts'

const GATEWAY = `version: 1
upstreams: [{ id: chat, peers: [{ id: eu, url: 'https://eu.llm.example.com' }] }]
routes: [{ id: chat, match: { path: /v1/* }, upstream: chat }]
`

/** Files of data that stand beside the configuration in these tests. */
function beside(files: Readonly<Record<string, string>>) {
  return (path: string): string => {
    const text = files[path.replace('/etc/tacit/', '')]
    if (text === undefined) throw new Error('there is no such file')
    return text
  }
}

/** The report on a configuration with this block; or '' when it is in order. */
async function reportOn(block: string, files: Readonly<Record<string, string>> = {}): Promise<string> {
  try {
    await load(GATEWAY + block, { readDataFile: beside(files) })
    return ''
  } catch (error) {
    if (error instanceof ConfigurationError) return renderReport(error.problems)
    throw error
  }
}

const MINE = `catalogue:
  prices:
    - provider: openai
      model: gpt-6-sol
      version: contract-7
      from: 2026-01-01
      rates: { input: 1.00 USD, output: 5.00 USD }
      source: { url: contract of 2025-12-01, date: 2025-12-01 }
`

t.test('without the block, what comes along counts, and is not read before somebody asks', async t => {
  const { registry } = await load(GATEWAY)
  t.equal(registry(), builtInRegistry())
})

t.test('prices in the block take the place of those that come along; everything else stays', async t => {
  const { registry } = await load(GATEWAY + MINE)
  const usage = usageOf({ inputTokens: 1_000_000 })
  const cost = (model: string) => registry().cost({ provider: 'openai', model, usage, at: at('2026-11-21') })
  t.match(cost('gpt-6-sol'), { known: true, amountNano: 1_000_000_000n, priceVersion: /^contract-7\./ })
  t.match(cost('gpt-6-luna'), { known: true, amountNano: 200_000_000n })
  t.equal(registry(), registry(), 'always the same object')
})

t.test('the block changes nothing of what comes along itself', async t => {
  await load(GATEWAY + MINE)
  const price = builtInRegistry().priceAt('openai', 'gpt-6-sol', at('2026-11-21'))
  t.match(price?.version, /^2026-11-21\./)
})

t.test('files are found from the folder of the configuration, and told with their own lines', async t => {
  const block = 'catalogue: { builtIn: false, files: [prices/acme.yaml] }\n'
  const { registry } = await load(GATEWAY + block, { readDataFile: beside({ 'prices/acme.yaml': ACME }) })
  t.strictSame(
    registry().providers.map(({ id }) => id),
    ['acme']
  )
  const report = await reportOn(block, { 'prices/acme.yaml': pricing('{ input: 2.50 }') })
  t.match(report, /^prices\/acme\.yaml:19:21 {2}TACIT_VALUE_TYPE/)
})

t.test('a file that cannot be read is told where it is named', async t => {
  t.match(await reportOn('catalogue: { files: [./gone.yaml] }\n'), /gateway\.yaml:4:\d+ {2}TACIT_FILE_UNREADABLE/)
})

t.test('problems of the block and of its files stand in one report with all others', async t => {
  const block = `admin: { port: 99999 }
catalogue:
  files: [acme.yaml]
  wildcards: [{ provider: opena, pattern: 'x-*', model: gpt-6-sol }]
`
  const report = await reportOn(block, { 'acme.yaml': ACME.replace('name: Acme', 'nam: Acme') })
  t.match(
    report,
    /TACIT_VALUE_INVALID[\s\S]*TACIT_PROVIDER_UNKNOWN[\s\S]*Did you mean "openai"\?[\s\S]*acme\.yaml:4:5 {2}TACIT_KEY_UNKNOWN/
  )
})

t.test('what is not written is not read', async t => {
  const nothing = { file: 'gateway.yaml', root: undefined, substitutions: new Substitutions() }
  const loaded = loadCatalogue({ ...nothing, readDataFile: () => t.fail('nothing is named') as never })
  t.strictSame(loaded.findings, [])
  t.match(SOURCE, /acme/)
})
