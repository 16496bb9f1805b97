import t from 'tap'
import { CLASSES, LOWER, TEXT, UPPER, VISIBLE } from '../../../../core/upstream/sockets/characters.ts'

/** The characters of a class, in the order of their codes. */
function members(wanted: number): string {
  const codes = Array.from({ length: 256 }, (_, code) => code)
  return codes
    .filter(code => ((CLASSES[code] ?? 0) & wanted) !== 0)
    .map(code => String.fromCharCode(code))
    .join('')
}

t.test('a name is a token', async t => {
  t.equal(members(LOWER), "!#$%&'*+-.0123456789^_`abcdefghijklmnopqrstuvwxyz|~")
  t.equal(members(UPPER), 'ABCDEFGHIJKLMNOPQRSTUVWXYZ')
})

t.test('a value has no control character but the tab', async t => {
  t.ok([...members(TEXT)].every(character => character === '\t' || (character >= ' ' && character !== '\x7f')))
  t.equal(members(TEXT).length, 256 - 32 - 1 + 1)
})

t.test('a target has no space either', async t => {
  t.strictSame(members(VISIBLE), members(TEXT).replace('\t', '').replace(' ', ''))
})
