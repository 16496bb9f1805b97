import t from 'tap'
import { openaiToolChoice } from '../../../examples/demo-upstream/openai-tools.ts'

const TOOLS = [{ name: 'get_time', parameters: {} }]
const choose = (choice: unknown, tools = TOOLS) => openaiToolChoice(choice, tools, fields => fields.name)

t.test('reads words and names', async t => {
  t.strictSame(
    [choose(undefined), choose(null), choose('auto'), choose('none'), choose('required')],
    ['auto', 'auto', 'auto', 'none', 'required']
  )
  t.strictSame(choose({ name: 'get_time' }), { name: 'get_time' })
})

t.test('refuses a choice that cannot be made', async t => {
  for (const choice of ['maybe', { name: 'gone' }, {}, 5]) {
    t.throws(() => choose(choice), { param: 'tool_choice', message: /names no tool/ })
  }
  t.throws(() => choose('required', []), { param: 'tool_choice', message: /needs 'tools'/ })
})
