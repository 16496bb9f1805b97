import t from 'tap'
import { placesIn } from '../../../support/text-places.ts'

t.test('finds the text of a request with documents, tools and their results', async t => {
  const request = {
    model: 'claude-opus-5',
    system: [{ type: 'text', text: 'Be brief.', cache_control: { type: 'ephemeral' } }],
    metadata: { user_id: 'ann' },
    mcp_servers: [{ type: 'url', url: 'https://mcp.example', name: 'm', authorization_token: 'token' }],
    tools: [
      { name: 'f', description: 'd', input_schema: { type: 'object' } },
      { type: 'web_search_20250305', name: 'web_search', allowed_domains: ['a.example'] }
    ],
    messages: [
      { role: 'user', content: 'Hi.' },
      {
        role: 'user',
        content: [
          { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AA' } },
          { type: 'document', title: 'T', source: { type: 'text', media_type: 'text/plain', data: 'words' } },
          { type: 'document', source: { type: 'content', content: [{ type: 'text', text: 'words' }] } },
          {
            type: 'search_result',
            source: 'https://a.example',
            title: 'A',
            content: [{ type: 'text', text: 'found' }]
          },
          { type: 'tool_result', tool_use_id: 't', content: [{ type: 'text', text: 'done' }] },
          { type: 'tool_result', tool_use_id: 't', content: 'done' }
        ]
      },
      {
        role: 'assistant',
        content: [
          { type: 'thinking', thinking: 'Hm.', signature: 'S' },
          { type: 'redacted_thinking', data: 'AA' },
          { type: 'tool_use', id: 't', name: 'f', input: { who: 'Ann' } }
        ]
      }
    ]
  }
  t.strictSame(placesIn('anthropic-messages', 'request', request), [
    'system[0].text: text system',
    'metadata.user_id: text',
    'mcp_servers[0].url: text link',
    'mcp_servers[0].authorization_token: opaque secret',
    'tools[0].description: text definition',
    'tools[1].allowed_domains[0]: text definition',
    'messages[0].content: text user',
    'messages[1].content[0].source.data: opaque user file',
    'messages[1].content[1].title: text user',
    'messages[1].content[1].source.data: text user',
    'messages[1].content[2].source.content[0].text: text user',
    'messages[1].content[3].source: text user link',
    'messages[1].content[3].title: text user',
    'messages[1].content[3].content[0].text: text user',
    'messages[1].content[4].content[0].text: text tool',
    'messages[1].content[5].content: text tool',
    'messages[2].content[0].thinking: text assistant',
    'messages[2].content[0].signature: opaque assistant signature',
    'messages[2].content[1].data: opaque assistant encrypted',
    'messages[2].content[2].input.who: text assistant name',
    'messages[2].content[2].input.who: text assistant'
  ])
})

t.test('finds the text in every line of a batch', async t => {
  const batch = { requests: [{ custom_id: 'a', params: { messages: [{ role: 'user', content: 'Hi.' }] } }] }
  t.strictSame(placesIn('anthropic-messages', 'request', batch), [
    'requests[0].custom_id: text',
    'requests[0].params.messages[0].content: text user'
  ])
  const line = {
    custom_id: 'a',
    result: { type: 'succeeded', message: { role: 'assistant', content: [{ type: 'text', text: 'Hi.' }] } }
  }
  t.strictSame(placesIn('anthropic-messages', 'response', line), [
    'custom_id: text assistant',
    'result.message.content[0].text: text assistant'
  ])
})

t.test('finds what the tools of the server found', async t => {
  const content = [
    { type: 'server_tool_use', id: 's', name: 'web_search', input: { query: 'q' } },
    {
      type: 'web_search_tool_result',
      tool_use_id: 's',
      content: [{ type: 'web_search_result', title: 'T', url: 'https://a.example', encrypted_content: 'AA' }]
    },
    {
      type: 'bash_code_execution_tool_result',
      tool_use_id: 's',
      content: {
        type: 'bash_code_execution_result',
        stdout: 'o',
        stderr: 'e',
        content: [{ type: 'bash_code_execution_output', file_id: 'f' }]
      }
    },
    { type: 'mcp_tool_result', content: [{ type: 'text', text: 'm' }] },
    { type: 'text', text: 'A.', citations: [{ type: 'char_location', cited_text: 'c', document_title: 'd' }] }
  ]
  t.strictSame(placesIn('anthropic-messages', 'response', { content, stop_sequence: 'END' }), [
    'content[0].input.query: text assistant name',
    'content[0].input.query: text assistant',
    'content[1].content[0].title: text tool',
    'content[1].content[0].url: text tool link',
    'content[1].content[0].encrypted_content: opaque tool encrypted',
    'content[2].content.stdout: text tool',
    'content[2].content.stderr: text tool',
    'content[3].content[0].text: text tool',
    'content[4].text: text assistant',
    'content[4].citations[0].cited_text: text assistant',
    'content[4].citations[0].document_title: text assistant',
    'stop_sequence: text assistant'
  ])
})

t.test('finds the pieces of a stream', async t => {
  const at = (delta: unknown) =>
    placesIn('anthropic-messages', 'event', { type: 'content_block_delta', index: 0, delta })
  t.strictSame(at({ type: 'text_delta', text: 'x' }), ['delta.text: text assistant piece'])
  t.strictSame(at({ type: 'thinking_delta', thinking: 'x' }), ['delta.thinking: text assistant piece'])
  t.strictSame(at({ type: 'input_json_delta', partial_json: '{"' }), ['delta.partial_json: json assistant piece'])
  t.strictSame(at({ type: 'signature_delta', signature: 'x' }), ['delta.signature: opaque assistant signature'])
  t.strictSame(at({ type: 'citations_delta', citation: { type: 'page_location', cited_text: 'x' } }), [
    'delta.citation.cited_text: text assistant'
  ])
})
