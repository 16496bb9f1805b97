import { readFileSync } from 'node:fs'
import t from 'tap'
import { MARKS, withCoverage } from '../../support/dialect-coverage.ts'

const README = readFileSync(new URL('../../../core/dialects/README.md', import.meta.url), 'utf8')

t.test('the table of what is covered says what the facts say', async t => {
  t.equal(withCoverage(README), README, 'run `node test/support/write-dialect-coverage.ts`')
})

t.test('the table is written between its marks and nowhere else', async t => {
  const [begin, end] = MARKS
  const written = withCoverage(`before\n${begin}\nold\n${end}\nafter`)
  t.match(written, /^before\n/)
  t.match(written, /\nafter$/)
  t.notMatch(written, 'old')
  t.match(written, '| `openai-chat` |')
})
