import t from 'tap'
import { FORMATS, textShapesOf } from '../../../../core/dialects/index.ts'
import {
  either,
  inBothCases,
  list,
  named,
  object,
  recursive,
  type Shape,
  same,
  TEXT,
  WORD,
  words
} from '../../../../core/dialects/text/shape.ts'

t.test('either takes what the first one says of each type', async t => {
  const shape = either(TEXT, list(WORD), { ...WORD, ...object({ a: TEXT }) })
  t.equal(shape.string?.kind, 'text')
  t.equal(shape.items, WORD)
  t.equal(shape.members?.get('a'), TEXT)
})

t.test('a shape may offer itself among others, however deep', async t => {
  const shape = recursive(self => object({ inner: either(TEXT, list(either(WORD, self))) }))
  const inner = shape.members?.get('inner')
  t.equal(inner?.string?.kind, 'text')
  t.equal(inner?.items?.string?.kind, 'identifier')
  t.equal(inner?.items?.members, shape.members)
})

t.test('one recursive shape may be made inside another', async t => {
  let offered: Shape = {}
  const outer = recursive(self => {
    const inner = recursive(own => object({ outer: either(self, WORD), own: list(own) }))
    offered = inner.members?.get('outer') ?? {}
    return object({ inner })
  })
  t.equal(offered.members, outer.members)
  t.equal(offered.string?.kind, 'identifier')
})

t.test('names are given to several members at once, and in both spellings', async t => {
  t.strictSame(words('a b'), { a: WORD, b: WORD })
  t.strictSame(same('a', TEXT), { a: TEXT })
  t.strictSame(Object.keys(inBothCases({ mimeType: WORD })).sort(), ['mimeType', 'mime_type'])
  t.equal(named(WORD).others, WORD)
  t.equal(named(WORD).names?.kind, 'text')
})

t.test('no shape of any format is empty, so what is listed is known', async t => {
  const seen = new Set<Shape>()
  const look = (shape: Shape | undefined, where: string): void => {
    if (shape === undefined || seen.has(shape)) return
    seen.add(shape)
    const { string, items, members, others, marked, variants } = shape
    t.ok(string ?? items ?? members ?? others ?? marked ?? shape.number, where)
    look(items, `${where}[]`)
    look(others, `${where}.*`)
    for (const [name, member] of members ?? []) look(member, `${where}.${name}`)
    for (const [name, other] of marked ?? []) look(other, `${where}<${name}>`)
    for (const [name, other] of variants?.shapes ?? []) look(other, `${where}<${name}>`)
  }
  for (const format of FORMATS) {
    const { request, response, event } = textShapesOf(format)
    look(request, `${format} request`)
    look(response, `${format} response`)
    look(event, `${format} event`)
  }
  t.ok(seen.size > 300, `${seen.size} shapes were looked at`)
})
