import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { resolve } from 'node:path'
import { text } from 'node:stream/consumers'
import t from 'tap'
import { EXIT, guarded, paintOf, printJson } from '../../../core/cli/terminal.ts'
import { ConfigurationError } from '../../../core/configuration/report.ts'
import { GatewayError } from '../../../core/errors.ts'
import { COLOURS, PLAIN } from '../../../core/paint.ts'
import { TestTerminal } from '../../support/terminal.ts'

const refused = () => {
  throw new GatewayError('TACIT_X', 'It is broken.', 'Mend it.')
}

t.test('tells a failure to people, and to programs as JSON', async t => {
  const people = new TestTerminal()
  t.equal(await guarded(people, false, refused), EXIT.refused)
  t.strictSame([people.printed, people.complained], ['', 'TACIT_X\n  It is broken. Mend it.\n'])
  const programs = new TestTerminal()
  t.equal(await guarded(programs, true, refused), EXIT.refused)
  t.strictSame(JSON.parse(programs.printed), { error: { code: 'TACIT_X', message: 'It is broken.', cure: 'Mend it.' } })
  t.equal(programs.complained, '')
})

t.test('tells the problems of a configuration as JSON', async t => {
  const terminal = new TestTerminal()
  await guarded(terminal, true, () => {
    throw new ConfigurationError('a.yaml', [])
  })
  t.strictSame(JSON.parse(terminal.printed), { problems: [] })
})

t.test('ends as the command does, and keeps the stack of a fault of the code', async t => {
  t.equal(await guarded(new TestTerminal(), true, () => EXIT.found), 3)
  const fault = new TypeError('no')
  await t.rejects(
    guarded(new TestTerminal(), true, () => {
      throw fault
    }),
    fault
  )
})

t.test('prints without colours unless the terminal has some', async t => {
  const terminal = new TestTerminal()
  t.equal(paintOf(terminal), PLAIN)
  t.equal(paintOf(Object.assign(new TestTerminal(), { paint: { out: COLOURS, error: PLAIN } })), COLOURS)
  printJson(terminal, { a: 1 })
  t.equal(terminal.printed, '{"a":1}\n')
})

t.test('a reader that has gone, such as `head`, is no fault', async t => {
  const child = spawn(process.execPath, [resolve(import.meta.dirname, '../../../core/cli/tacit.js'), '--help'])
  const complained = text(child.stderr)
  // Before the child has anything to say.
  child.stdout.destroy()
  const [code] = await once(child, 'exit')
  t.strictSame([code, await complained], [0, ''])
})
