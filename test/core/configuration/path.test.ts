import t from 'tap'
import { isBlock, pathKey, pathOfPointer, replaceAt, valueAt } from '../../../core/configuration/path.ts'

t.test('tells paths apart by every part', async t => {
  t.not(pathKey(['a', 'b']), pathKey(['a.b']))
  t.equal(pathKey(['a', 0]), pathKey(['a', 0]))
})

t.test('reads JSON pointers, with numbers only where a list stands', async t => {
  const value = { list: [{ 'a/b~c': 1 }], 0: { x: 1 } }
  t.strictSame(pathOfPointer('/list/0/a~1b~0c', value), ['list', 0, 'a/b~c'])
  t.strictSame(pathOfPointer('/0/x', value), ['0', 'x'])
  t.strictSame(pathOfPointer('', value), [])
})

t.test('finds what stands at a path, and nothing that is inherited', async t => {
  const value = { list: [{ name: 'x' }] }
  t.equal(valueAt(value, ['list', 0, 'name']), 'x')
  t.equal(valueAt(value, ['list', 1, 'name']), undefined)
  t.equal(valueAt(value, ['constructor']), undefined)
  t.equal(valueAt(value, ['list', 'length', 'x']), undefined)
})

t.test('replaces what stands at a path, and leaves alone what is not there', async t => {
  const value = { list: [{ name: 'x' }] }
  replaceAt(value, ['list', 0, 'name'], 'y')
  replaceAt(value, ['other', 0, 'name'], 'z')
  t.strictSame(value, { list: [{ name: 'y' }] })
})

t.test('calls objects blocks, but neither lists nor null', async t => {
  t.strictSame([{}, [], null, 'x', undefined].map(isBlock), [true, false, false, false, false])
})
