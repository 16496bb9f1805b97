/** Facts about the requests of each format, in one table: they are a few lines each. Knows no body. */
import type { Format } from '../facts.ts'
import type { RequestFacts } from './facts.ts'

const NOTHING: RequestFacts = { model: [], answeringModel: [], outputTokens: [], answers: [] }
const MODEL: RequestFacts = { ...NOTHING, model: ['model'], answeringModel: ['model'] }

/** https://platform.openai.com/docs/api-reference/chat/create; `best_of` as in completions, which vLLM takes in chat too. */
const CHAT: RequestFacts = {
  ...MODEL,
  stream: 'true',
  usageOption: 'stream_options.include_usage',
  outputTokens: ['max_tokens', 'max_completion_tokens'],
  answers: ['n', 'best_of']
}

const FACTS: Readonly<Record<Format, RequestFacts>> = {
  'openai-chat': CHAT,
  // llama.cpp calls it `n_predict`.
  'openai-completions': { ...CHAT, outputTokens: ['max_tokens', 'max_completion_tokens', 'n_predict'] },
  'openai-responses': {
    ...MODEL,
    answeringModel: ['model', 'response.model'],
    stream: 'true',
    outputTokens: ['max_output_tokens']
  },
  'openai-embeddings': MODEL,
  'openai-images': { ...MODEL, stream: 'true', answers: ['n', 'num_images', 'variants'] },
  'openai-audio': { ...MODEL, stream: 'true' },
  'openai-moderations': MODEL,
  'openai-files': NOTHING,
  'anthropic-messages': {
    ...MODEL,
    answeringModel: ['model', 'message.model'],
    stream: 'true',
    // Thinking is within it: https://docs.claude.com/en/docs/build-with-claude/extended-thinking.
    outputTokens: ['max_tokens', 'max_tokens_to_sample']
  },
  gemini: {
    model: ['model'],
    answeringModel: ['modelVersion', 'model_version'],
    stream: 'path',
    outputTokens: [
      'generationConfig.maxOutputTokens',
      'generationConfig.max_output_tokens',
      'generation_config.maxOutputTokens',
      'generation_config.max_output_tokens'
    ],
    answers: [
      'generationConfig.candidateCount',
      'generationConfig.candidate_count',
      'generation_config.candidateCount',
      'generation_config.candidate_count'
    ]
  },
  'gemini-interactions': {
    model: ['model', 'agent'],
    answeringModel: ['model', 'interaction.model', 'agent'],
    stream: 'true',
    outputTokens: ['generation_config.max_output_tokens'],
    answers: []
  },
  mistral: {
    ...CHAT,
    model: ['model', 'agent_id'],
    outputTokens: ['max_tokens', 'max_completion_tokens', 'completion_args.max_tokens']
  },
  cohere: { ...MODEL, stream: 'true', outputTokens: ['max_tokens'], answers: ['num_generations'] },
  // https://github.com/ollama/ollama/blob/main/docs/api.md: it streams unless it is told not to.
  ollama: { ...MODEL, stream: 'not-false', outputTokens: ['options.num_predict'] },
  'bedrock-converse': { ...NOTHING, stream: 'path', outputTokens: ['inferenceConfig.maxTokens'] },
  'bedrock-invoke': {
    ...NOTHING,
    answeringModel: ['model', 'message.model'],
    stream: 'path',
    // In the words of each maker.
    outputTokens: [
      'max_tokens',
      'max_completion_tokens',
      'max_tokens_to_sample',
      'max_gen_len',
      'inferenceConfig.maxTokens',
      'inferenceConfig.max_new_tokens',
      'textGenerationConfig.maxTokenCount'
    ],
    answers: ['n', 'num_generations', 'imageGenerationConfig.numberOfImages']
  },
  rerank: MODEL,
  'model-list': NOTHING,
  http: NOTHING
}

/** What is known of a format's requests. Always the same object for the same format. */
export function requestFactsOf(format: Format): RequestFacts {
  return FACTS[format]
}
