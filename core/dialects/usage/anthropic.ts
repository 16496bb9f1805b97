/**
 * Where usage stands in Anthropic Messages (https://docs.claude.com/en/api/messages): what was read from and written to
 * the cache stands beside `input_tokens`. In a stream `message_delta` restates what `message_start` said.
 */
import type { UsageFacts } from './facts.ts'

/** Anthropic Messages, also behind Bedrock and Vertex AI. */
export const ANTHROPIC_USAGE: UsageFacts = {
  at: ['usage', 'message.usage', 'result.message.usage'],
  marks: ['usage"'],
  input: ['input_tokens'],
  cache: {
    relation: 'beside',
    read: ['cache_read_input_tokens'],
    write: ['cache_creation_input_tokens'],
    writeShort: ['cache_creation.ephemeral_5m_input_tokens'],
    writeLong: ['cache_creation.ephemeral_1h_input_tokens']
  },
  output: ['output_tokens'],
  reasoning: { relation: 'within', from: ['output_tokens_details.thinking_tokens'] },
  // Fetching pages costs nothing by itself, and code runs by the hour, which nobody tells here.
  units: { searches: ['server_tool_use.web_search_requests'] },
  // https://docs.claude.com/en/docs/build-with-claude/compaction: the same model's, and not in the figures above.
  // https://docs.claude.com/en/docs/agents-and-tools/tool-use/advisor-tool: another model's, at its own price.
  steps: { list: 'iterations', added: ['compaction'], others: ['advisor_message'] }
}
