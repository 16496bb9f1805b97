/**
 * Where usage stands in Bedrock: in Converse
 * (https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_TokenUsage.html), where the cache stands beside
 * the input, and in InvokeModel, where each maker tells it in its own words and Bedrock in its metrics.
 */
import type { UsageFacts } from './facts.ts'

/** Converse, and Nova behind InvokeModel, which has the same names. */
export const CONVERSE_USAGE: UsageFacts = {
  at: ['usage', 'metadata.usage'],
  marks: ['usage"'],
  input: ['inputTokens'],
  cache: {
    relation: 'beside',
    read: ['cacheReadInputTokens', 'cacheReadInputTokenCount'],
    write: ['cacheWriteInputTokens', 'cacheWriteInputTokenCount'],
    writeLong: { lists: ['cacheDetails'], by: 'ttl', word: '1h', counts: ['inputTokens'] }
  },
  output: ['outputTokens'],
  total: ['totalTokens']
}

/** Titan, whose answer has a list of results. */
const TITAN: UsageFacts = {
  at: [''],
  marks: ['TokenCount"'],
  input: ['inputTextTokenCount'],
  output: ['totalOutputTextTokenCount', 'outputTextTokenCount', 'results.0.tokenCount']
}

/** Llama. */
const LLAMA: UsageFacts = {
  at: [''],
  marks: ['_token_count"'],
  input: ['prompt_token_count'],
  output: ['generation_token_count']
}

/** What Bedrock itself counted, in the last event of a stream. With Claude that is less than what the maker tells. */
const METRICS: UsageFacts = {
  at: ['amazon-bedrock-invocationMetrics'],
  marks: ['amazon-bedrock-invocationMetrics"'],
  input: ['inputTokenCount'],
  cache: { relation: 'beside', read: ['cacheReadInputTokenCount'], write: ['cacheWriteInputTokenCount'] },
  output: ['outputTokenCount']
}

/** What a body of InvokeModel tells in the words of makers that have no API of their own here, and of Bedrock; in this order. */
export const INVOKE_USAGE: readonly UsageFacts[] = [TITAN, LLAMA, METRICS]
