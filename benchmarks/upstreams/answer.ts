/** The fixed answer that every upstream of a throughput scenario gives. Pure. */

/** Size of the answer's body, in bytes. */
export const ANSWER_BYTES = 500

/** A chat completion of exactly {@link ANSWER_BYTES}, without characters that a configuration would have to escape. */
export function answerBody(): string {
  const head =
    '{"id":"chatcmpl-benchmark","object":"chat.completion","created":1700000000,"model":"benchmark","choices":[{"index":0,"message":{"role":"assistant","content":"'
  const tail = '"},"finish_reason":"stop"}],"usage":{"prompt_tokens":256,"completion_tokens":64,"total_tokens":320}}'
  return head + 'lorem ipsum '.repeat(ANSWER_BYTES / 12).slice(0, ANSWER_BYTES - head.length - tail.length) + tail
}
