import fc from 'fast-check'
import t from 'tap'
import { GatewayError } from '../../../core/errors.ts'
import { HeaderList } from '../../../core/pipeline/headers.ts'

function listOf(...flat: string[]): HeaderList {
  return new HeaderList(flat)
}

const INVALID = { name: 'GatewayError', code: 'TACIT_HEADER_INVALID' }

t.test('finds a header whatever its letters, and joins what is repeated', async t => {
  const list = listOf('a', '1', 'b', '2', 'a', '3', 'c', '')
  t.strictSame([list.get('A'), list.get('b'), list.get('c'), list.get('d')], ['1, 3', '2', '', undefined])
  t.strictSame([list.getAll('A'), list.getAll('c'), list.getAll('d')], [['1', '3'], [''], []])
  t.strictSame(
    [...list.entries()],
    [
      ['a', '1'],
      ['b', '2'],
      ['a', '3'],
      ['c', '']
    ]
  )
})

t.test('names of objects are names like others', async t => {
  const list = listOf()
  for (const name of ['__proto__', 'constructor', 'tostring']) {
    t.equal(list.get(name), undefined)
    list.set(name, 'x')
    t.equal(list.get(name), 'x')
  }
})

t.test('setting replaces every line of a header in the place of its first', async t => {
  const list = listOf('a', '1', 'b', '2', 'a', '3', 'c', '4', 'a', '5')
  list.set('A', 'x')
  list.set('D', 'y')
  t.strictSame(list.flat, ['a', 'x', 'b', '2', 'c', '4', 'd', 'y'])
})

t.test('what core has written is set as it is', async t => {
  const list = listOf('a', '1', 'b', '2', 'a', '3')
  list.put('a', 'x')
  list.put('d', 'y')
  t.strictSame(list.flat, ['a', 'x', 'b', '2', 'd', 'y'])
})

t.test('appending adds a line, deleting takes all of them', async t => {
  const list = listOf('a', '1', 'b', '2')
  list.append('A', '3')
  t.strictSame(list.flat, ['a', '1', 'b', '2', 'a', '3'])
  list.delete('A')
  list.delete('missing')
  t.strictSame(list.flat, ['b', '2'])
  list.delete('b')
  t.strictSame(list.flat, [])
})

t.test('a name or value that would end a line is refused, and nothing changes', async t => {
  const list = listOf('a', '1')
  for (const value of ['x\r\ny: z', 'x\ny', 'x\ry', '\n', 'x\0', '\x1f', '\x7f', 'Ā', '…', '😀', '\u560a']) {
    t.throws(() => list.set('a', value), INVALID, JSON.stringify(value))
    t.throws(() => list.append('b', value), INVALID, JSON.stringify(value))
  }
  for (const name of ['', ' ', 'a b', 'a:', 'a\r\nb', 'a\n', '\0', 'ä', 'a(b)', 'a/b', '"a"', 'a@b', '\u212a']) {
    t.throws(() => list.set(name, 'x'), INVALID, JSON.stringify(name))
    t.throws(() => list.append(name, 'x'), INVALID, JSON.stringify(name))
  }
  t.strictSame(list.flat, ['a', '1'])
})

t.test('the error about a header quotes nothing of it', async t => {
  try {
    listOf().set('x-secret', 'sk-very-secret\n')
    t.fail('it was taken')
  } catch (error) {
    t.ok(error instanceof GatewayError && !error.message.includes('secret'))
  }
})

t.test('every character that may be sent is taken', async t => {
  let value = '\t'
  for (let code = 0x20; code <= 0xff; code++) if (code !== 0x7f) value += String.fromCharCode(code)
  const list = listOf()
  list.set("!#$%&'*+-.^_`|~09AZ", value)
  t.strictSame(list.flat, ["!#$%&'*+-.^_`|~09az", value])
})

t.test('edits come to what a list of pairs comes to', async () => {
  const names = fc.constantFrom('a', 'b', 'C', 'A')
  const edits = fc.array(
    fc.tuple(fc.constantFrom('set', 'append', 'delete'), names, fc.string({ unit: fc.constantFrom('x', 'y') }))
  )
  fc.assert(
    fc.property(edits, steps => {
      const list = listOf()
      let pairs: (readonly [string, string])[] = []
      for (const [kind, name, value] of steps) {
        const lower = name.toLowerCase()
        const isOther = ([other]: readonly [string, string]) => other !== lower
        const first = pairs.findIndex(([other]) => other === lower)
        if (kind === 'delete') {
          list.delete(name)
          pairs = pairs.filter(isOther)
        } else if (kind === 'append' || first < 0) {
          if (kind === 'append') list.append(name, value)
          else list.set(name, value)
          pairs = [...pairs, [lower, value]]
        } else {
          list.set(name, value)
          pairs = [...pairs.slice(0, first), [lower, value], ...pairs.slice(first + 1).filter(isOther)]
        }
      }
      return JSON.stringify(list.flat) === JSON.stringify(pairs.flat())
    })
  )
})
