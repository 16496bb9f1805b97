import t from 'tap'
import { FORMATS, readUsage, usageFactsOf } from '../../../../core/dialects/index.ts'

t.test('knows how usage is told in every format that tells it', async t => {
  const silent = FORMATS.filter(format => usageFactsOf(format).length === 0)
  t.strictSame(silent, ['openai-files', 'model-list'])
  t.strictSame(usageFactsOf('http'), [])
  t.equal(readUsage('http', { usage: { prompt_tokens: 5 } }), undefined)
})

t.test('names what stands in the text of an event with usage', async t => {
  for (const format of FORMATS) {
    for (const { marks, at } of usageFactsOf(format)) {
      t.ok(marks.length > 0 && at.length > 0, format)
      for (const mark of marks) t.match(mark, /"$/, 'ends with the end of a name')
    }
  }
})
