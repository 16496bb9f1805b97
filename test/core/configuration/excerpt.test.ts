import t from 'tap'
import { blankLike, excerptOf, underline } from '../../../core/configuration/excerpt.ts'

const marked = ({ text, start, length }: ReturnType<typeof excerptOf>) => text.slice(start, start + length)

t.test('keeps the mark on its piece when something before it is hidden', async t => {
  const line = 'a: { secret: hunter2, bogus: 1 }'
  const excerpt = excerptOf(line, { start: 22, end: 27 }, [{ start: 13, end: 20 }])
  t.equal(excerpt.text, 'a: { secret: [secret], bogus: 1 }')
  t.equal(marked(excerpt), 'bogus')
})

t.test('marks the mask when what is marked is hidden', async t => {
  const excerpt = excerptOf('key: hunter2', { start: 5, end: 12 }, [{ start: 5, end: 12 }])
  t.equal(marked(excerpt), '[secret]')
})

t.test('keeps the mark when something inside or behind it is hidden', async t => {
  const inside = excerptOf('url: https://u:p@eu, x: hunter2', { start: 5, end: 19 }, [
    { start: 13, end: 16 },
    { start: 24, end: 31 }
  ])
  t.equal(inside.text, 'url: https://[secret]@eu, x: [secret]')
  t.equal(marked(inside), 'https://[secret]@eu')
})

t.test('cuts long lines around the mark', async t => {
  const line = `${'x'.repeat(300)}HERE${'y'.repeat(300)}`
  const excerpt = excerptOf(line, { start: 300, end: 304 }, [])
  t.equal(marked(excerpt), 'HERE')
  t.ok(excerpt.text.length <= 122)
  t.match(excerpt.text, /^…x+HEREy+…$/)
})

t.test('cuts a mark that is longer than the line may be', async t => {
  const excerpt = excerptOf('x'.repeat(1000), { start: 0, end: 1000 }, [])
  t.equal(excerpt.text.length, 121)
  t.equal(excerpt.length, 121)
})

t.test('is as wide as the text above it', async t => {
  t.equal(blankLike('\ta服b'), '\t    ')
  t.equal(underline('服务'), '~~~~')
  t.equal(underline(''), '~')
})
