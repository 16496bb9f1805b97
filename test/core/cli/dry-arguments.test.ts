import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { parseAnswer, parseHeader, parseInstant, readBody } from '../../../core/cli/dry-arguments.ts'
import { TestTerminal } from '../../support/terminal.ts'

t.test('takes headers as curl does', async t => {
  t.strictSame(parseHeader('Content-Type:  application/json '), ['Content-Type', 'application/json'])
  t.strictSame(parseHeader('x-empty:'), ['x-empty', ''])
  t.strictSame(parseHeader('x: a:b'), ['x', 'a:b'])
  for (const line of ['no colon', ': value', 'a b: c', ''])
    t.throws(() => parseHeader(line), { code: 'TACIT_ARGUMENT_INVALID' })
})

t.test('takes a body from the argument, a file or standard input', async t => {
  const file = join(t.testdir(), 'body.json')
  await writeFile(file, '{"a":1}')
  t.equal(await readBody('{}', new TestTerminal()), '{}')
  t.equal(String(await readBody(`@${file}`, new TestTerminal())), '{"a":1}')
  t.equal(String(await readBody('@-', new TestTerminal('from stdin'))), 'from stdin')
  await t.rejects(readBody('@none.json', new TestTerminal()), { code: 'TACIT_FILE_UNREADABLE' })
})

t.test('takes instants with their zone', async t => {
  t.equal(parseInstant('2026-01-01'), Date.UTC(2026, 0, 1))
  t.equal(parseInstant('2026-01-01T01:00:00+01:00'), Date.UTC(2026, 0, 1))
  for (const text of ['now', '2026', '2026-13-01', '1/2/2026'])
    t.throws(() => parseInstant(text), { code: 'TACIT_ARGUMENT_INVALID' })
})

t.test('takes answers for one peer or for all', async t => {
  t.strictSame(parseAnswer('503'), ['*', { outcome: 'answers', status: 503, afterMs: 0 }])
  t.strictSame(parseAnswer('eu=timed_out'), ['eu', { outcome: 'timed_out' }])
  t.strictSame(parseAnswer('chat/eu=200,250ms'), ['chat/eu', { outcome: 'answers', status: 200, afterMs: 250 }])
  for (const text of ['eu=', 'eu=99', 'eu=600', '200,fast', 'eu=lost'])
    t.throws(() => parseAnswer(text), { code: 'TACIT_ARGUMENT_INVALID' })
})
