import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { main } from '../../../core/cli/main.ts'
import { TestTerminal } from '../../support/terminal.ts'

function configuration(input: string): string {
  return `catalogue:
  prices:
    - provider: openai
      model: gpt-6-sol
      version: contract
      from: 2026-01-01
      rates: { input: ${input}, output: 5.00 USD }
      source: { url: contract, date: 2026-01-01 }
`
}

async function diff(t: Test, texts: readonly string[], ...args: readonly string[]) {
  const folder = t.testdir()
  const files = texts.map((_, index) => join(folder, `${index}.yaml`))
  for (const [index, text] of texts.entries()) await writeFile(files[index] ?? '', text)
  const terminal = new TestTerminal()
  const code = await main(['prices', 'diff', ...files, ...args], terminal)
  return { code, printed: terminal.printed, complained: terminal.complained }
}

t.test('tells what changes from one configuration to another, amount by amount', async t => {
  const { code, printed } = await diff(t, [configuration('1.00 USD'), configuration('1.25 USD')])
  t.equal(code, 0)
  t.match(
    printed,
    /^~ openai gpt-6-sol {2}from 2026-01-01 {2}contract\.[0-9a-f]{8} → contract\.[0-9a-f]{8}\n {4}input {2}1\.00 USD → 1\.25 USD\n\n1 price changes\.\n$/
  )
})

t.test('tells what one configuration changes of what comes along', async t => {
  const { printed } = await diff(t, [configuration('1.00 USD')])
  t.match(printed, /^\+ openai gpt-6-sol {2}from 2026-01-01/m)
  t.match(printed, /^- openai gpt-6-sol {2}from 2026-10-14/m)
  t.match(printed, /\n2 prices change\.\n$/)
})

t.test('says so when nothing changes', async t => {
  const same = await diff(t, [configuration('1.00 USD'), configuration('1 USD')], '--exit-code')
  t.strictSame(same, { code: 0, printed: 'No price changes.\n', complained: '' })
})

t.test('ends with 3 for a change if asked, and prints it as JSON', async t => {
  const { code, printed } = await diff(t, [configuration('1.00 USD'), configuration('2 USD')], '--exit-code', '--json')
  t.equal(code, 3)
  t.match(JSON.parse(printed), {
    changes: [{ kind: 'changed', amounts: [{ what: 'input', before: '1.00 USD', after: '2.00 USD' }] }]
  })
})

t.test('reports what is wrong with either', async t => {
  const { code, complained } = await diff(t, [configuration('1.00 USD'), configuration('1.00')])
  t.equal(code, 1)
  t.match(complained, '1.yaml:7:23  TACIT_VALUE_TYPE')
})
