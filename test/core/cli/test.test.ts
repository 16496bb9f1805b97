import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { main } from '../../../core/cli/main.ts'
import { SOUND } from '../../support/command.ts'
import { TestTerminal } from '../../support/terminal.ts'

const CASES = `cases:
  - name: what is read is served
    request: { path: /v1/models }
    expect: { route: all, status: 200 }
  - name: nothing else is
    request: { path: /v2 }
    expect: { route: all, status: 200 }
`

/** Runs the cases beside a configuration. */
async function run(t: { testdir(): string }, cases: string, ...options: readonly string[]) {
  const folder = t.testdir()
  await writeFile(join(folder, 'gateway.yaml'), SOUND)
  await writeFile(join(folder, 'gateway.test.yaml'), cases)
  await writeFile(join(folder, 'more.yaml'), CASES.split('  - name: nothing')[0] ?? '')
  const terminal = new TestTerminal()
  const code = await main(
    ['test', join(folder, 'gateway.yaml'), ...options.map(word => word.replace('FOLDER', folder))],
    terminal
  )
  return { code, folder, printed: terminal.printed, complained: terminal.complained }
}

t.test('says which cases are as expected and which are not, with their place, and ends with 3', async t => {
  const { code, printed, folder } = await run(t, CASES)
  t.equal(code, 3)
  t.equal(
    printed,
    `✓ what is read is served
✗ nothing else is  ${folder}/gateway.test.yaml:5
    route: expected all, but it is none
    status: expected 200, but it is 404

1 passed, 1 failed.
`
  )
})

t.test('ends with 0 when all are, from the files that are named', async t => {
  const { code, printed } = await run(t, CASES, '--cases', 'FOLDER/more.yaml')
  t.strictSame([code, printed], [0, '✓ what is read is served\n\n1 passed.\n'])
})

t.test('prints results as JSON', async t => {
  const { code, printed } = await run(t, CASES, '--json')
  t.equal(code, 3)
  t.match(JSON.parse(printed), {
    passed: 1,
    failed: 1,
    cases: [
      { name: 'what is read is served', passed: true, line: 2 },
      { passed: false, failures: [{ what: 'route' }, { what: 'status' }] }
    ]
  })
})

t.test('names the step that failed', async t => {
  const steps =
    'cases:\n  - name: two\n    steps:\n      - { request: { path: /v1/a }, expect: {} }\n      - { request: { path: /v2 }, expect: { status: 200 } }\n'
  t.match((await run(t, steps)).printed, /gateway\.test\.yaml:2, step 2\n/)
})

t.test('reports cases that are written wrong, and ends with 1', async t => {
  const { code, complained } = await run(t, CASES.replace('status: 200', 'stats: 200'))
  t.equal(code, 1)
  t.match(complained, /gateway\.test\.yaml:4:\d+ {2}TACIT_KEY_UNKNOWN\n[\s\S]*Did you mean "status"/)
  t.match((await run(t, CASES, '--cases', 'none.yaml')).complained, 'TACIT_FILE_UNREADABLE')
})
