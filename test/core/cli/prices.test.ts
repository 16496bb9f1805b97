import t from 'tap'
import { main } from '../../../core/cli/main.ts'
import { TestTerminal } from '../../support/terminal.ts'

t.test('lists its commands', async t => {
  const terminal = new TestTerminal()
  t.equal(await main(['prices', '--help'], terminal), 0)
  for (const word of ['check', 'explain', 'diff']) t.match(terminal.printed, word)
})

t.test('does not understand others', async t => {
  for (const args of [['prices'], ['prices', 'chek'], ['prices', 'explain', 'openai'], ['prices', 'diff']]) {
    const terminal = new TestTerminal()
    t.equal(await main(args, terminal), 2, args.join(' '))
    t.equal(terminal.printed, '')
  }
})
