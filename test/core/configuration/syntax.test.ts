import t from 'tap'
import { Lines } from '../../../core/configuration/lines.ts'
import { openQuote, syntaxFinding } from '../../../core/configuration/syntax.ts'

const judge = (text: string, fault: Parameters<typeof syntaxFinding>[0]) => syntaxFinding(fault, text, new Lines(text))

t.test('says it in its own words: what the parser says may quote the file', async t => {
  const { message, cure, span } = judge('a: hunter2', {
    code: 'BAD_INDENT',
    pos: [3, 10],
    message: 'hunter2 is badly indented'
  })
  t.strictSame(
    { message, cure, span },
    {
      message: 'The indentation does not fit the lines above.',
      cure: 'Begin all keys of one block in the same column.',
      span: { start: 3, end: 10 }
    }
  )
})

t.test('finds the reference whose braces YAML took for its own', async t => {
  const text = 'a: 1\nlisten: { port: ${PORT} }'
  const { span, cure } = judge(text, { code: 'UNEXPECTED_TOKEN', pos: [22, 23], message: '' })
  t.equal(text.slice(span?.start, span?.end), '${PORT}')
  t.equal(cure, 'Put quotes around it.')
})

t.test('has a sentence for a fault of a newer parser too', async t => {
  const { message } = judge('a', { code: JSON.parse('"NEW_FAULT"'), pos: [], message: '' })
  t.equal(message, 'This is not where YAML expects it.')
})

t.test('points at the quote that was opened', async t => {
  t.strictSame(openQuote(7).span, { start: 7, end: 8 })
})
