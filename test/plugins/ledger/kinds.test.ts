import t from 'tap'
import { compileKind } from '../../../core/records/kind.ts'
import { USAGE } from '../../../plugins/ledger/kinds.ts'

t.test('rows of usage can be kept, and hold no text of anybody', async t => {
  const kind = compileKind('ledger', 'usage', USAGE)
  t.notOk(kind.holdsText)
  t.equal(kind.id, 'exchange')
  t.equal(kind.at, 'endedAt')
  t.equal(kind.subject, 'consumer')
})

t.test('what says who it was stands in no column that is read without a key', async t => {
  const { clear } = compileKind('ledger', 'usage', USAGE)
  t.notOk(clear.some(({ name }) => name === 'consumer' || name === 'cost'))
})

t.test('money is in every currency that Node knows, and in none', async t => {
  const words = compileKind('ledger', 'usage', USAGE).sealed.find(({ name }) => name === 'currency')
  t.ok(words?.type === 'word' && ['USD', 'EUR', 'CNY', 'XXX'].every(code => words.words.includes(code)))
})
