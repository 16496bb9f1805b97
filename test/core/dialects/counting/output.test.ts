import t from 'tap'
import { estimateOutput, OutputTally } from '../../../../core/dialects/counting/output.ts'
import { EventCutter } from '../../../../core/pipeline/sse.ts'
import { hasCorpus, readCorpus } from '../../../support/corpus.ts'
import { recordedFormat } from '../../../support/recorded-bodies.ts'

type Format = ConstructorParameters<typeof OutputTally>[0]

const counted = (format: Format, framing: 'event' | 'body', ...texts: string[]) => {
  const tally = new OutputTally(format, framing)
  for (const text of texts) tally.add(text)
  return [tally.bytes, tally.pieces]
}

t.test('counts the bytes of what is said, in whichever member, and the events that said it', async t => {
  t.strictSame(
    counted(
      'openai-chat',
      'event',
      '{"choices":[{"delta":{"role":"assistant","content":""}}]}',
      '{"choices":[{"delta":{"content":"Guten"}}]}',
      '{"choices":[{"delta": {"reasoning_content": "hm"}}]}',
      '{"choices":[{"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{\\"a\\":1}"}}]}}]}',
      '[DONE]'
    ),
    [5 + 2 + 7, 3]
  )
  t.strictSame(
    counted(
      'anthropic-messages',
      'event',
      '{"type":"content_block_delta","delta":{"type":"text_delta","text":"Ja"}}',
      '{"type":"content_block_delta","delta":{"type":"thinking_delta","thinking":"so"}}',
      '{"type":"content_block_delta","delta":{"type":"input_json_delta","partial_json":"{}"}}',
      '{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":3}}'
    ),
    [6, 3]
  )
  t.strictSame(
    counted('gemini', 'event', '{"candidates":[{"content":{"parts":[{"text":"a"},{"text":"bc"}]}}]}'),
    [3, 1]
  )
})

t.test('measures text in UTF-8, however it is escaped', async t => {
  const said = (content: string) => counted('openai-chat', 'body', `{"content":${content}}`)[0]
  t.equal(said(JSON.stringify('aä中😀')), Buffer.byteLength('aä中😀'))
  t.equal(said('"a\\u00e4\\u4e2d\\ud83d\\ude00\\n\\"\\\\"'), Buffer.byteLength('aä中😀\n"\\'))
})

t.test('counts what is said twice only once', async t => {
  const perplexity = '{"choices":[{"message":{"role":"assistant","content":"all of it"},"delta":{"content":"it"}}]}'
  t.strictSame(counted('openai-chat', 'event', perplexity), [2, 1])
  const cited = '{"choices":[{"delta":{"content":"","annotations":[{"url_citation":{"content":"a whole page"}}]}}]}'
  t.strictSame(counted('openai-chat', 'event', cited), [0, 0])
  t.strictSame(
    counted(
      'openai-responses',
      'event',
      '{"type":"response.output_text.delta","delta":"Hi"}',
      '{"type":"response.output_text.done","text":"Hi"}',
      '{"type":"response.completed","response":{"output":[{"content":[{"text":"Hi"}]}]}}'
    ),
    [2, 1]
  )
  t.strictSame(
    counted(
      'cohere',
      'event',
      '{"event_type":"text-generation","text":"Hi"}',
      '{"event_type":"stream-end","text":"Hi"}'
    ),
    [2, 1]
  )
})

t.test('counts a body as far as it came, and takes nothing for text that is a name or an error', async t => {
  t.strictSame(counted('openai-chat', 'body', '{"choices":[{"message":{"content":"cut in the mid'), [14, 1])
  t.strictSame(counted('openai-chat', 'body', '{"content'), [0, 0])
  t.strictSame(counted('openai-chat', 'body', '{"content":"\\u12'), [1, 1])
  t.strictSame(counted('openai-chat', 'event', '{"type":"content","name":"content"}'), [0, 0])
  t.strictSame(counted('openai-chat', 'event', '{"error":{"message":"a long sentence about what went wrong"}}'), [0, 0])
})

t.test('estimates at least a token for each event', async t => {
  t.equal(estimateOutput(0, 0), 0)
  t.equal(estimateOutput(1, 1), 1)
  t.equal(estimateOutput(440, 3), 100)
  t.equal(estimateOutput(20, 20), 20)
})

const skip = hasCorpus ? false : 'the recorded exchanges are not on this machine'

t.test('comes to within a third of what providers report for plain text', { skip }, async t => {
  const recordings = await readCorpus()
  const ratios: number[] = []
  for (const recording of recordings) {
    const { usage, bodyKind, responseBody, requestBody, id } = recording
    const tokens = usage?.output_total ?? 0
    const saysMore = /"tools"|"thinking"|"web_search|"functions"/.test(requestBody?.toString() ?? '')
    if (tokens < 60 || usage?.reasoning || saysMore || !/^(json|sse)$/.test(bodyKind) || /tool|think|agent/.test(id))
      continue
    const tally = new OutputTally(recordedFormat(recording), bodyKind === 'sse' ? 'event' : 'body')
    if (bodyKind === 'sse') new EventCutter().push(responseBody, ({ data }) => tally.add(data))
    else tally.add(responseBody.toString('utf8'))
    if (tally.bytes > 0) ratios.push(estimateOutput(tally.bytes, bodyKind === 'sse' ? tally.pieces : 0) / tokens)
  }
  ratios.sort((one, other) => one - other)
  t.ok(ratios.length >= 20, `${ratios.length} answers`)
  const within = ratios.filter(ratio => ratio > 2 / 3 && ratio < 4 / 3).length
  t.ok(
    within / ratios.length >= 0.9,
    `${within} of ${ratios.length}: ${ratios.map(ratio => ratio.toFixed(2)).join(' ')}`
  )
})
