import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { main } from '../../../core/cli/main.ts'
import { TestTerminal } from '../../support/terminal.ts'
import { pricing } from '../catalogue/support.ts'

const DATA = pricing(
  '{ input: 1.00 USD, cacheRead: 0.10 USD, output: 2.00 USD, units: { searches: 0.01 USD } }',
  '    above: [{ inputTokens: 200000, rates: { input: 3.00 USD } }]\n    tiers: [{ tier: batch, share: 50% }]\n    to: 2027-01-01\n'
)

async function explain(t: Test, ...args: readonly string[]) {
  const folder = t.testdir()
  await writeFile(join(folder, 'acme.yaml'), DATA)
  await writeFile(join(folder, 'gateway.yaml'), 'catalogue: { files: [acme.yaml] }\n')
  const terminal = new TestTerminal()
  const file = join(folder, 'gateway.yaml')
  const code = await main(['prices', 'explain', ...args, '-c', file, '--at', '2026-06-01'], terminal)
  return {
    code,
    printed: terminal.printed.replace(/test\.[0-9a-f]{8}/g, 'test.DIGEST'),
    complained: terminal.complained
  }
}

t.test('says what is known of a price, with its source', async t => {
  const { code, printed } = await explain(t, 'acme', 'bigger')
  t.equal(code, 0)
  t.equal(
    printed,
    `model    acme big (another name)
bounds   1,000,000 tokens in all, 4,096 of output
price    test.DIGEST, from 2026-01-01 until 2027-01-01
source   https://acme.example/prices, read on 2026-01-01

KIND       STANDARD  > 200,000  BATCH  BATCH > 200,000
input      1.00      3.00       0.50   1.50
cacheRead  0.10      -          0.05   -
output     2.00      -          1.00   -
searches   0.01      -          0.01   -

USD for a million tokens, for each call and for each piece. "-" is not known.
`
  )
})

t.test('reckons a call, kind by kind', async t => {
  const args = ['--input', '1500', '--cache-read', '3', '--output', '10', '--unit', 'searches=2']
  const { printed } = await explain(t, 'acme', 'big-2026-01-01', ...args)
  t.match(printed, 'model    acme big (a dated snapshot)\n')
  t.equal(
    printed.slice(printed.indexOf('KIND')),
    `KIND       COUNT  PRICE               AMOUNT
input      1,500  1.00 USD a million  0.0015 USD
cacheRead  3      0.10 USD a million  0.0000003 USD
output     10     2.00 USD a million  0.00002 USD
searches   2      0.01 USD each       0.02 USD
total             rounded up          0.0215203 USD
`
  )
})

t.test('reckons a tier', async t => {
  t.match(
    (await explain(t, 'acme', 'big', '--input', '1000', '--tier', 'batch')).printed,
    /^total +rounded up +0\.0005 USD$/m
  )
})

t.test('what is not known is refused with what is missing, and ends with 1', async t => {
  const cases: readonly (readonly [readonly string[], RegExp])[] = [
    [['acne', 'big'], /TACIT_PROVIDER_UNKNOWN\n.*Did you mean "acme"\?/],
    [['nothing-like-any', 'big'], /TACIT_PROVIDER_UNKNOWN\n.*There are: acme, alibaba, anthropic/],
    [['acme', 'bog'], /TACIT_MODEL_UNKNOWN\n.*Did you mean "big"\?/],
    [['acme', 'nothing-like-any'], /TACIT_MODEL_UNKNOWN\n.*Add it under/],
    [['acme', 'small'], /TACIT_PRICE_UNKNOWN\n.*No price of acme small is known on 2026-06-01\. Add/],
    [['openai', 'gpt-6-sol'], /TACIT_PRICE_UNKNOWN\n.*There is one from 2026-/],
    [['acme', 'big', '--input', '1', '--tier', 'flex'], /TACIT_COST_UNKNOWN\n.*the tier "flex"/],
    [['acme', 'big', '--input', '1', '--unit', 'images=1'], /TACIT_COST_UNKNOWN\n.*known for: images\./],
    [['acme', 'big', '--output', '1', '--reasoning', '2'], /TACIT_COST_UNKNOWN\n.*counts cannot be/]
  ]
  for (const [args, expected] of cases) {
    const { code, printed, complained } = await explain(t, ...args)
    t.strictSame([code, printed], [1, ''], args.join(' '))
    t.match(complained, expected, args.join(' '))
  }
})

t.test('prints it as JSON, money as text', async t => {
  const { printed } = await explain(t, 'acme', 'big', '--input', '1000', '--json')
  t.strictSame(JSON.parse(printed), {
    model: {
      provider: 'acme',
      id: 'big',
      aliases: ['bigger'],
      contextTokens: 1_000_000,
      maxOutputTokens: 4096,
      by: 'id'
    },
    price: {
      version: 'test.DIGEST',
      currency: 'USD',
      from: '2026-01-01',
      to: '2027-01-01',
      amounts: {
        to: '2027-01-01',
        input: '1.00 USD',
        cacheRead: '0.10 USD',
        output: '2.00 USD',
        searches: '0.01 USD',
        'input above 200000': '3.00 USD',
        'batch input': '0.50 USD',
        'batch cacheRead': '0.05 USD',
        'batch output': '1.00 USD',
        'batch searches': '0.01 USD',
        'batch input above 200000': '1.50 USD'
      },
      source: { url: 'https://acme.example/prices', readOn: '2026-01-01' }
    },
    cost: {
      amountNano: '1000000',
      currency: 'USD',
      priceVersion: 'test.DIGEST',
      parts: [{ kind: 'input', count: 1000, rateFemto: '1000000000', amountFemto: '1000000000000' }]
    }
  })
  const unknown = await explain(t, 'acme', 'bog', '--json')
  t.match(JSON.parse(unknown.printed), { error: { code: 'TACIT_MODEL_UNKNOWN' } })
})
