import t from 'tap'
import { CatalogueBlock, CatalogueFile } from '../../../core/catalogue/schema.ts'
import { Substitutions } from '../../../core/configuration/secrets.ts'
import { validate } from '../../../core/configuration/validate.ts'
import { factsOf } from '../../../core/dialects/index.ts'

const source = { url: 'https://acme.example', date: '2026-01-01' }
const check = (file: object) => validate(CatalogueFile, { version: 1, ...file }, [], new Substitutions())

t.test('an empty file says nothing, and is in order', async t => {
  t.strictSame(check({}).decoded, { version: 1, providers: [], models: [], prices: [], wildcards: [] })
})

t.test('a block that is left out keeps what comes along', async t => {
  const block = validate(CatalogueBlock, {}, [], new Substitutions())
  t.match(block.decoded, { builtIn: true, files: [], providers: [], prices: [] })
  t.strictSame(validate(CatalogueBlock, { files: 'one.yaml' }, [], new Substitutions()).decoded?.files, ['one.yaml'])
})

t.test('amounts, days and shares become whole numbers', async t => {
  const price = {
    provider: 'acme',
    model: 'big',
    version: '2026-11-21',
    from: '2026-11-21',
    rates: { input: '0.075 USD', units: { searches: '0.01 USD' } },
    tiers: [{ tier: 'batch', share: '50%' }],
    source
  }
  const [decoded] = check({ prices: [price] }).decoded?.prices ?? []
  t.equal(decoded?.from, Date.UTC(2026, 10, 21))
  t.strictSame(decoded?.rates.input, { currency: 'USD', amountNano: 75_000_000n })
  t.strictSame(decoded?.rates.units.searches, { currency: 'USD', amountNano: 10_000_000n })
  t.equal(decoded?.tiers[0]?.share, 50_000n)
})

t.test('a key that is not known is refused, at any depth', async t => {
  const provider = { id: 'acme', name: 'Acme', source }
  const model = { id: 'big', source }
  const unknown = (file: object) => check(file).findings.map(({ code, path }) => `${code} ${path.join('.')}`)
  t.strictSame(unknown({ price: [] }), ['TACIT_KEY_UNKNOWN price'])
  t.strictSame(unknown({ providers: [{ ...provider, terms: { source, train: 'never' } }] }), [
    'TACIT_KEY_UNKNOWN providers.0.terms.train'
  ])
  t.strictSame(unknown({ providers: [{ ...provider, models: [{ ...model, context: 1 }] }] }), [
    'TACIT_KEY_UNKNOWN providers.0.models.0.context'
  ])
  t.strictSame(unknown({ providers: [{ ...provider, source: { ...source, by: 'me' } }] }), [
    'TACIT_KEY_UNKNOWN providers.0.source.by'
  ])
})

t.test('every dialect that it names is one that the gateway knows', async t => {
  const dialect = CatalogueFile.properties.providers.items.properties.paths.items.properties.dialect
  const words: unknown = dialect.enum
  t.ok(Array.isArray(words) && words.length > 0)
  for (const word of Array.isArray(words) ? words : []) t.equal(factsOf(word).dialect, word)
})
