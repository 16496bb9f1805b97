import t from 'tap'
import { EventCutter, type ParsedEvent } from '../../../core/pipeline/sse.ts'
import { askingFor, asksForUsage, hidingFrom } from '../../../plugins/metering/asking.ts'

const asked = (json: string): unknown => {
  const asking = askingFor(Buffer.from(json))
  let text = json
  for (const { start, end, text: put } of asking?.edits ?? []) text = text.slice(0, start) + put + text.slice(end)
  return asking === undefined ? undefined : JSON.parse(text)
}

t.test('puts the option in, and keeps all other members and options', async t => {
  const include_usage = true
  t.strictSame(asked('{"model":"m","stream":true}'), { stream_options: { include_usage }, model: 'm', stream: true })
  t.strictSame(asked('{}'), { stream_options: { include_usage } })
  t.strictSame(asked('{"stream_options":{"include_obfuscation":false},"n":1}'), {
    stream_options: { include_obfuscation: false, include_usage },
    n: 1
  })
  t.strictSame(asked('{"stream_options":{"include_usage":false}}'), { stream_options: { include_usage } })
  t.strictSame(asked('{"stream_options":null}'), { stream_options: { include_usage } })
})

t.test('leaves a request alone that asks by itself, or whose options are none', async t => {
  for (const options of ['{"include_usage":true}', '"all"', '[1]', '7']) {
    t.equal(asked(`{"stream_options":${options}}`), undefined, options)
  }
  t.equal(asked('[]'), undefined)
})

t.test('asks where usage has to be asked for, and where nobody tells it unasked', async t => {
  t.ok(asksForUsage('openai-chat', 'openai'))
  t.ok(asksForUsage('openai-completions', undefined))
  t.notOk(asksForUsage('openai-chat', 'mistral'))
  t.notOk(asksForUsage('mistral', undefined))
  for (const format of ['openai-responses', 'anthropic-messages', 'gemini', 'http'] as const) {
    t.notOk(asksForUsage(format, undefined), format)
  }
})

const shown = (...lines: string[]) => {
  const out: string[] = []
  const hiding = hidingFrom('openai-chat')
  const each = (event: ParsedEvent) => void hiding.event(event, shown => out.push(Buffer.from(shown.raw).toString()))
  new EventCutter().push(Buffer.from(lines.map(line => `data: ${line}\n\n`).join('')), each)
  return out.map(event => event.replace(/^data: |\n\n$/g, ''))
}

t.test('takes out the event that says nothing but usage, and the empty usage of the others', async t => {
  t.strictSame(
    shown(
      '{"choices":[{"delta":{"content":"Hi"}}],"usage":null}',
      '{"usage": null, "choices":[]}',
      '{"choices":[{"delta":{},"finish_reason":"stop"}],"usage":null,"obfuscation":"x"}',
      '{"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":2}}',
      '[DONE]'
    ),
    [
      '{"choices":[{"delta":{"content":"Hi"}}]}',
      '{ "choices":[]}',
      '{"choices":[{"delta":{},"finish_reason":"stop"}],"obfuscation":"x"}',
      '[DONE]'
    ]
  )
})

t.test('changes nothing that is not its own', async t => {
  const others = [
    '{"choices":[{"delta":{"content":"\\"usage\\":null,"}}]}',
    '{"choices":[{"delta":{"content":"x"}}],"usage":{"completion_tokens":1}}',
    '{"choices":[],"error":{"usage":null}}',
    '{"usage":null,"choices":[{"usage":null,"x":1}]}',
    '{"choices":[{"delta":{"content":"x"},"usage":null}]}',
    '{"choices":[{"x":1,"usage":null,"y":2}]}',
    '{"choices":["\\\\",{"x":"}]","usage":null}]}',
    'no JSON with "usage" in it'
  ]
  t.strictSame(shown(...others), others)
})
