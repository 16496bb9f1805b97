import t from 'tap'
import { defineCommand, Type } from '../../../core/plugin.ts'

t.test('hands a command its options, and keeps everything else as it was written', async t => {
  const command = defineCommand({
    name: 'greet',
    summary: 'Greets.',
    options: Type.Object({ who: Type.String() }),
    arguments: ['who'],
    async run({ who }, out) {
      out(who)
      return 7
    }
  })
  const said: string[] = []
  const tools = { ask: async () => undefined, read: async () => '' }
  t.equal(await command.run({ who: 'ada' }, line => said.push(line), tools), 7)
  t.strictSame(said, ['ada'])
  t.match(command, { name: 'greet', summary: 'Greets.', arguments: ['who'] })
})
