import t from 'tap'
import { placesIn } from '../../../support/text-places.ts'

t.test('finds the text of a request, whoever says it', async t => {
  const request = {
    model: 'gpt-5',
    instructions: 'Be brief.',
    safety_identifier: 'ann',
    prompt: { id: 'p', variables: { who: 'Ann', photo: { type: 'input_image', image_url: 'data:,' } } },
    text: { format: { type: 'json_schema', name: 'n', schema: { properties: { a: { title: 'A' } } } } },
    input: [
      'plain',
      { role: 'user', content: 'Hi.' },
      { role: 'user', content: [{ type: 'input_file', filename: 'a.pdf', file_data: 'AA' }] },
      { type: 'reasoning', id: 'r', summary: [{ type: 'summary_text', text: 'Hm.' }], encrypted_content: 'AA' },
      { type: 'function_call', call_id: 'c', name: 'f', arguments: '{}' },
      { type: 'function_call_output', call_id: 'c', output: 'Done.' },
      { type: 'computer_call_output', output: { type: 'computer_screenshot', image_url: 'data:,' } },
      { type: 'local_shell_call', action: { type: 'exec', command: ['ls', '-l'], env: { WHO: 'Ann' } } },
      { type: 'shell_call_output', output: [{ stdout: 'a', stderr: 'b', outcome: { type: 'exit', exit_code: 0 } }] },
      { type: 'apply_patch_call', operation: { type: 'update_file', path: 'a', diff: '+b' } },
      { type: 'mcp_approval_response', approval_request_id: 'm', approve: true, reason: 'Fine.' },
      { type: 'custom_tool_call', name: 'f', input: 'x' },
      { type: 'compaction', encrypted_content: 'AA' }
    ]
  }
  t.strictSame(placesIn('openai-responses', 'request', request), [
    'instructions: text system',
    'safety_identifier: text',
    'prompt.variables.who: text name',
    'prompt.variables.who: text',
    'prompt.variables.photo: text name',
    'prompt.variables.photo.image_url: opaque image',
    'text.format.schema.properties.a: text definition name',
    'text.format.schema.properties.a.title: text definition',
    'input[0]: text user',
    'input[1].content: text user',
    'input[2].content[0].filename: text user',
    'input[2].content[0].file_data: opaque user file',
    'input[3].summary[0].text: text assistant',
    'input[3].encrypted_content: opaque assistant encrypted',
    'input[4].arguments: json assistant',
    'input[5].output: text tool',
    'input[6].output.image_url: opaque tool image',
    'input[7].action.command[0]: text assistant',
    'input[7].action.command[1]: text assistant',
    'input[7].action.env.WHO: text assistant name',
    'input[7].action.env.WHO: text assistant',
    'input[8].output[0].stdout: text tool',
    'input[8].output[0].stderr: text tool',
    'input[9].operation.path: text assistant',
    'input[9].operation.diff: text assistant',
    'input[10].reason: text user',
    'input[11].input: text assistant',
    'input[12].encrypted_content: opaque user encrypted'
  ])
})

t.test('finds the text of what built-in tools did', async t => {
  const output = [
    {
      type: 'message',
      role: 'assistant',
      content: [{ type: 'output_text', text: 'Hi.', annotations: [{ type: 'file_citation', filename: 'a' }] }]
    },
    {
      type: 'web_search_call',
      action: { type: 'search', query: 'q', sources: [{ type: 'url', url: 'https://a.example' }] }
    },
    { type: 'file_search_call', queries: ['q'], results: [{ text: 't', attributes: { by: 'Ann' } }] },
    { type: 'code_interpreter_call', code: 'x', outputs: [{ type: 'logs', logs: 'l' }] },
    { type: 'image_generation_call', revised_prompt: 'p', result: 'AA' },
    { type: 'mcp_call', arguments: '{}', output: 'o', error: 'e' },
    { type: 'mcp_list_tools', tools: [{ name: 'n', description: 'd', input_schema: { title: 't' } }] }
  ]
  t.strictSame(placesIn('openai-responses', 'response', { output }), [
    'output[0].content[0].text: text assistant',
    'output[0].content[0].annotations[0].filename: text assistant',
    'output[1].action.query: text assistant',
    'output[1].action.sources[0].url: text assistant link',
    'output[2].queries[0]: text assistant',
    'output[2].results[0].text: text assistant',
    'output[2].results[0].attributes.by: text assistant name',
    'output[2].results[0].attributes.by: text assistant',
    'output[3].code: text assistant',
    'output[3].outputs[0].logs: text assistant',
    'output[4].revised_prompt: text assistant',
    'output[4].result: opaque assistant image',
    'output[5].arguments: json assistant',
    'output[5].output: text assistant',
    'output[5].error: text assistant',
    'output[6].tools[0].description: text definition',
    'output[6].tools[0].input_schema.title: text definition'
  ])
})

t.test('tells pieces of text, of JSON and of sound apart by the kind of event', async t => {
  const at = (type: string) =>
    placesIn('openai-responses', 'event', { type, item_id: 'i', output_index: 0, delta: 'x' })
  t.strictSame(at('response.output_text.delta'), ['delta: text assistant piece'])
  t.strictSame(at('response.reasoning_summary_text.delta'), ['delta: text assistant piece'])
  t.strictSame(at('response.function_call_arguments.delta'), ['delta: json assistant piece'])
  t.strictSame(at('response.mcp_call_arguments.delta'), ['delta: json assistant piece'])
  t.strictSame(at('response.audio.delta'), ['delta: opaque assistant audio'])
})

t.test('finds what the events repeat at the end of each part', async t => {
  t.strictSame(
    placesIn('openai-responses', 'event', {
      type: 'response.output_text.done',
      text: 'Hi.',
      logprobs: [{ token: 'Hi' }]
    }),
    ['text: text assistant', 'logprobs[0].token: text assistant tokens']
  )
  t.strictSame(placesIn('openai-responses', 'event', { type: 'error', code: 'server_error', message: 'm' }), [
    'message: text assistant'
  ])
})
