import t from 'tap'
import {
  equalsIgnoringCase,
  isFieldValue,
  isMediaType,
  nameTraits,
  readContentLength,
  UNUSUAL,
  UPPER
} from '../../../core/server/syntax.ts'

t.test('tells tokens from what is none', async t => {
  for (const name of ['a', 'x-a', 'X-A', 'x_a', "!#$%&'*+-.^_`|~09", '__proto__']) t.not(nameTraits(name), 0, name)
  for (const name of [
    '',
    ' a',
    'a ',
    'a b',
    'a:',
    ':a',
    'a\t',
    'a\0',
    'a(b)',
    'a"',
    'ä',
    'a\u0130',
    'a/b',
    'a=b',
    'a@b'
  ]) {
    t.equal(nameTraits(name), 0, JSON.stringify(name))
  }
})

t.test('notices upper case and unusual joints', async t => {
  const traits = (name: string) => ({
    upper: (nameTraits(name) & UPPER) !== 0,
    unusual: (nameTraits(name) & UNUSUAL) !== 0
  })
  t.strictSame(traits('content-length'), { upper: false, unusual: false })
  t.strictSame(traits('Content-Length'), { upper: true, unusual: false })
  for (const name of [
    'content_length',
    'content--length',
    '-content-length',
    'content-length-',
    'content.length',
    '-'
  ]) {
    t.strictSame(traits(name), { upper: false, unusual: true }, name)
  }
})

t.test('allows no control character but the tab in a value', async t => {
  for (let code = 0; code < 0x200; code++) {
    const allowed = code === 9 || (code >= 0x20 && code !== 0x7f && code <= 0xff)
    t.equal(isFieldValue(`a${String.fromCharCode(code)}b`), allowed, code.toString(16))
  }
  t.equal(isFieldValue(''), true)
})

t.test('reads a length only in plain digits', async t => {
  t.strictSame(
    ['0', '5', '10485760', '999999999999999'].map(readContentLength),
    [0, 5, 10_485_760, 999_999_999_999_999]
  )
  for (const value of [
    '',
    '00',
    '005',
    '+5',
    '-5',
    '5 ',
    ' 5',
    '5,5',
    '5.0',
    '0x5',
    '1e1',
    '1_0',
    '"5"',
    '５',
    '²',
    '5\x0b'
  ]) {
    t.equal(readContentLength(value), -1, JSON.stringify(value))
  }
  t.equal(readContentLength('1000000000000000'), Number.POSITIVE_INFINITY)
  t.equal(readContentLength('9'.repeat(400)), Number.POSITIVE_INFINITY)
})

t.test('ignores the case of ASCII letters and of no others', async t => {
  t.equal(equalsIgnoringCase('ChUnKeD', 'chunked'), true)
  t.equal(equalsIgnoringCase('\u212aunked', 'kunked'), false, 'the Kelvin sign is no k')
  t.equal(equalsIgnoringCase('chunked ', 'chunked'), false)
  t.equal(equalsIgnoringCase('', 'chunked'), false)
})

t.test('knows a media type', async t => {
  const good = [
    'application/json',
    'Application/JSON',
    'application/json; charset=utf-8',
    'application/json;charset="utf-8"',
    'application/json ; charset=utf-8 ;',
    'application/json;;a=b',
    'multipart/form-data; boundary=----WebKitFormBoundary7MA4YWxkTrZu0gW',
    'multipart/mixed; boundary="a b/c\\"d"',
    'application/vnd.api+json'
  ]
  for (const value of good) t.equal(isMediaType(value), true, value)
  const bad = [
    '',
    'application',
    'application/',
    '/json',
    'application/json a',
    'application/json\ta',
    'application/json;a\tb',
    'application/json;a',
    'application/json;a=',
    'application/json;=a',
    'application/json;a="b',
    'application/json;a="b"c',
    'application/json, text/plain',
    'application//json',
    'application/json/x',
    ' application/json'
  ]
  for (const value of bad) t.equal(isMediaType(value), false, JSON.stringify(value))
})
