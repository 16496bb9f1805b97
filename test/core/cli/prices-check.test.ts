import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { main } from '../../../core/cli/main.ts'
import { TestTerminal } from '../../support/terminal.ts'
import { pricing } from '../catalogue/support.ts'

/** Runs the command on a configuration that names this file of data and nothing else. */
async function check(t: Test, data: string, ...args: readonly string[]) {
  const folder = t.testdir()
  await writeFile(join(folder, 'acme.yaml'), data)
  await writeFile(join(folder, 'gateway.yaml'), 'catalogue: { builtIn: false, files: [acme.yaml] }\n')
  const terminal = new TestTerminal()
  const code = await main(['prices', 'check', join(folder, 'gateway.yaml'), '--at', '2026-06-01', ...args], terminal)
  return { code, printed: terminal.printed, complained: terminal.complained }
}

t.test('what comes along is in order', async t => {
  const terminal = new TestTerminal()
  t.equal(await main(['prices', 'check', '--at', '2026-11-21'], terminal), 0)
  t.match(terminal.printed, /^openai +\d+ +\d+/m)
  t.match(terminal.printed, /models, of which \d+ have no price\.\n$/)
  t.equal(terminal.complained, '')
})

t.test('lists the models without a price', async t => {
  const { code, printed } = await check(t, pricing('{ input: 1.00 USD }'))
  t.equal(code, 0)
  t.equal(
    printed,
    [
      'PROVIDER  MODELS  PRICED  WITHOUT A PRICE',
      'acme      3       1       old-2024-05-13, small',
      '3 models, of which 2 have no price.',
      ''
    ].join('\n')
  )
})

t.test('ends with 3 for them if asked, and with 0 when every model has one', async t => {
  t.equal((await check(t, pricing('{ input: 1.00 USD }'), '--exit-code')).code, 3)
  const whole = pricing('{ input: 1.00 USD }').replace(/ {6}- \{ id: (?:small|old).*\n/g, '')
  const { code, printed } = await check(t, whole, '--exit-code')
  t.equal(code, 0)
  t.match(printed, '1 models, of which every one has a price.')
})

t.test('reports a price of a model that is not in the catalogue, with its line, and ends with 1', async t => {
  const { code, printed, complained } = await check(
    t,
    pricing('{ input: 1.00 USD }').replace('model: big', 'model: bog')
  )
  t.equal(code, 1)
  t.equal(printed, '')
  t.match(complained, /^acme\.yaml:16:12 {2}TACIT_MODEL_UNKNOWN[\s\S]*Did you mean "big"\?/)
})

t.test('says which prices end, and which were read long ago', async t => {
  const { printed } = await check(t, pricing('{ input: 1.00 USD }', '    to: 2026-07-01\n'), '--older-than', '90d')
  t.match(printed, 'acme big: no price is known from 2026-07-01 on.\n')
  t.match(printed, 'acme big: its price was read on 2026-01-01.\n')
})

t.test('prints what it found as JSON, problems too', async t => {
  const { printed } = await check(
    t,
    pricing('{ input: 1.00 USD }', '    to: 2026-07-01\n'),
    '--json',
    '--older-than',
    '90d'
  )
  t.strictSame(JSON.parse(printed), {
    at: '2026-06-01T00:00:00.000Z',
    providers: [
      {
        provider: 'acme',
        models: ['big', 'old-2024-05-13', 'small'],
        unpriced: ['old-2024-05-13', 'small'],
        ending: [{ model: 'big', to: '2026-07-01' }],
        old: [{ model: 'big', readOn: '2026-01-01' }]
      }
    ]
  })
  const wrong = await check(t, pricing('{ input: 1 }'), '--json')
  t.equal(wrong.code, 1)
  t.match(JSON.parse(wrong.printed), { problems: [{ file: 'acme.yaml', code: 'TACIT_VALUE_TYPE' }] })
})

t.test('refuses what is no instant and no duration', async t => {
  t.equal((await check(t, pricing('{ input: 1.00 USD }'), '--older-than', 'long')).code, 1)
  t.equal((await check(t, pricing('{ input: 1.00 USD }'), '--at', 'now')).code, 1)
})
