/** Where usage stands in Ollama's API (https://github.com/ollama/ollama/blob/main/docs/api.md#response): in the answer itself, and in the last line of a stream. A prompt that was still in memory is told no more, or as 0. */
import type { UsageFacts } from './facts.ts'

/** Chat, generate and embed. */
export const OLLAMA_USAGE: UsageFacts = {
  at: [''],
  marks: ['_count"'],
  input: ['prompt_eval_count'],
  output: ['eval_count']
}
