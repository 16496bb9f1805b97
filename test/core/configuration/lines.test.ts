import t from 'tap'
import { Lines } from '../../../core/configuration/lines.ts'

t.test('counts lines and columns from 1', async t => {
  const lines = new Lines('ab\ncd\n\ne')
  t.strictSame(
    [0, 1, 2, 3, 5, 6, 7, 8].map(offset => lines.position(offset)),
    [
      { line: 1, column: 1 },
      { line: 1, column: 2 },
      { line: 1, column: 3 },
      { line: 2, column: 1 },
      { line: 2, column: 3 },
      { line: 3, column: 1 },
      { line: 4, column: 1 },
      { line: 4, column: 2 }
    ]
  )
})

t.test('takes an offset past the end for the end', async t => {
  t.strictSame(new Lines('ab').position(99), { line: 1, column: 3 })
})

t.test('spans a line without its break, whichever break it is', async t => {
  const text = 'ab\r\ncd\nef'
  const lines = new Lines(text)
  const shown = [1, 2, 3].map(line => text.slice(lines.span(line).start, lines.span(line).end))
  t.strictSame(shown, ['ab', 'cd', 'ef'])
  t.strictSame(lines.span(9), { start: text.length, end: text.length })
})
