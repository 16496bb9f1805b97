import t from 'tap'
import { HeaderList } from '../../../core/pipeline/headers.ts'
import { compileEdits, type EditsConfig } from '../../../plugins/headers/edits.ts'

/** What becomes of a flat list of headers. */
function edited(config: EditsConfig, ...flat: string[]): readonly string[] {
  const headers = new HeaderList(flat)
  compileEdits('request', config)?.(headers)
  return headers.flat
}

t.test('removes every line of a header, in whichever case it is named', async t => {
  t.strictSame(edited({ remove: ['X-Old'] }, 'x-old', '1', 'accept', '*/*', 'x-old', '2'), ['accept', '*/*'])
})

t.test('sets a header in place of any of that name', async t => {
  t.strictSame(edited({ set: { 'X-Team': 'search' } }, 'x-team', 'a', 'x-team', 'b'), ['x-team', 'search'])
  t.strictSame(edited({ set: { 'x-team': 'search' } }), ['x-team', 'search'])
})

t.test('sets a header only where there is none', async t => {
  t.strictSame(edited({ ifAbsent: { 'x-team': 'search' } }, 'x-team', 'maps'), ['x-team', 'maps'])
  t.strictSame(edited({ ifAbsent: { 'x-team': 'search' } }, 'x-team', ''), ['x-team', ''])
  t.strictSame(edited({ ifAbsent: { 'x-team': 'search' } }), ['x-team', 'search'])
})

t.test('appends a line besides those that are there', async t => {
  t.strictSame(edited({ append: { link: '<b>' } }, 'link', '<a>'), ['link', '<a>', 'link', '<b>'])
})

t.test('removes first and appends last', async t => {
  const config = { append: { vary: 'accept' }, set: { vary: 'origin' } }
  t.strictSame(edited(config, 'vary', '*'), ['vary', 'origin', 'vary', 'accept'])
  t.strictSame(edited({ append: { vary: 'accept' }, remove: ['vary'] }, 'vary', '*'), ['vary', 'accept'])
})

t.test('does nothing when nothing is named', async t => {
  t.equal(compileEdits('request', {}), undefined)
  t.equal(compileEdits('response', { remove: [], set: {}, ifAbsent: {}, append: {} }), undefined)
})

t.test('refuses headers that the gateway has to decide on, whatever is to be done with them', async t => {
  const reserved = [
    'Connection',
    'content-length',
    'expect',
    'host',
    'keep-alive',
    'proxy-authorization',
    'proxy-connection',
    'te',
    'trailer',
    'transfer-encoding',
    'upgrade'
  ]
  for (const name of reserved) {
    const message = new RegExp(`names "${name.toLowerCase()}", which the gateway itself has to decide on`)
    t.throws(() => compileEdits('request', { remove: [name] }), { message })
    t.throws(() => compileEdits('request', { set: { [name]: 'x' } }), { message })
    t.throws(() => compileEdits('response', { ifAbsent: { [name]: 'x' } }), { message })
    t.throws(() => compileEdits('response', { append: { [name]: 'x' } }), { message })
  }
})

t.test('refuses names and values that cannot be sent, and says where they stand', async t => {
  for (const name of ['', 'x y', 'x:', 'x\n', 'naïve']) {
    t.throws(() => compileEdits('request', { set: { [name]: 'x' } }), { message: /`request\.set` names .*no name/s })
  }
  for (const value of [' x', 'x ', 'x\ny', 'x\r', 'x\u0000', 'ü']) {
    t.throws(() => compileEdits('response', { append: { 'x-a': value } }), {
      message: /`response\.append` gives "x-a" a value that cannot be sent/
    })
  }
  t.strictSame(edited({ set: { 'x-a': 'a\tb  c', 'x-b': '' } }), ['x-a', 'a\tb  c', 'x-b', ''])
})

t.test('refuses a header that is named twice', async t => {
  const message = /names "x-a" twice/
  t.throws(() => compileEdits('request', { remove: ['x-a'], set: { 'X-A': '1' } }), { message })
  t.throws(() => compileEdits('request', { set: { 'x-a': '1', 'X-A': '2' } }), { message })
  t.throws(() => compileEdits('request', { set: { 'x-a': '1' }, ifAbsent: { 'x-a': '2' } }), { message })
  t.throws(() => compileEdits('request', { remove: ['x-a', 'x-a'] }), { message })
})
