import t from 'tap'
import type { Fields } from '../../../examples/demo-upstream/fields.ts'
import { answerResponses, readResponsesRequest } from '../../../examples/demo-upstream/openai-responses.ts'

const TOOLS = [{ type: 'function', name: 'get_time', parameters: { type: 'object', properties: {} } }]

function events(body: Fields) {
  const reply = answerResponses(readResponsesRequest({ model: 'demo-large', stream: true, ...body }), 'abcd'.repeat(16))
  if (!('events' in reply)) throw new Error('a stream was asked for')
  return reply.events.map(event => {
    const [, type, data = ''] = /^event: (\S+)\ndata: (.*)\n\n$/.exec(event) ?? []
    const fields = JSON.parse(data)
    t.equal(fields.type, type)
    return fields
  })
}

const names = (list: readonly Fields[]) => list.map(event => event.type)

t.test('tells of reasoning and text in the right order, numbered without a gap', async t => {
  const list = events({ input: 'demo:reasoning=1 tokens=2' })
  t.strictSame(names(list), [
    'response.created',
    'response.in_progress',
    'response.output_item.added',
    'response.reasoning_summary_part.added',
    'response.reasoning_summary_text.delta',
    'response.reasoning_summary_text.done',
    'response.reasoning_summary_part.done',
    'response.output_item.done',
    'response.output_item.added',
    'response.content_part.added',
    'response.output_text.delta',
    'response.output_text.delta',
    'response.output_text.done',
    'response.content_part.done',
    'response.output_item.done',
    'response.completed'
  ])
  t.strictSame(
    list.map(event => event.sequence_number),
    list.map((_, index) => index)
  )
  t.strictSame(
    list.map(event => event.output_index).filter(index => index !== undefined),
    [0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1]
  )
})

t.test('every item ends as the whole response shows it', async t => {
  const list = events({ input: 'demo:tools=2 reasoning=2', tools: TOOLS })
  const done = list.filter(event => event.type === 'response.output_item.done').map(event => event.item)
  const { response } = list.at(-1)
  t.equal(done.length, 3)
  t.strictSame(done, response.output)
  t.strictSame(list[0].response, { ...response, status: 'in_progress', output: [], usage: null })
})

t.test('deltas make up the text and the arguments', async t => {
  const list = events({ input: 'demo:tools=1', tools: TOOLS })
  const joined = (type: string) =>
    list
      .filter(event => event.type === type)
      .map(event => event.delta)
      .join('')
  t.equal(joined('response.function_call_arguments.delta'), '{}')
  t.match(
    list.find(event => event.type === 'response.function_call_arguments.done'),
    {
      arguments: '{}',
      name: 'get_time'
    }
  )
})

t.test('an answer that was cut at the limit ends as incomplete', async t => {
  t.match(events({ input: 'hello', max_output_tokens: 1 }).at(-1), {
    type: 'response.incomplete',
    response: { status: 'incomplete' }
  })
})
