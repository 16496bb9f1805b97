import { Type } from '@sinclair/typebox'
import t from 'tap'
import { Refused } from '../../../core/errors.ts'
import { CollectedBody } from '../../../core/pipeline/request-body.ts'

/** A body that the plugin which runs now may read. */
function bodyOf(content: string | Uint8Array): CollectedBody {
  const body = new CollectedBody()
  body.readable = true
  body.fill(Buffer.from(content))
  return body
}

function textOf(body: CollectedBody): string {
  return Buffer.from(body.bytes()).toString()
}

/** Reason and message of what was refused. */
function refusal(work: () => unknown): readonly string[] {
  try {
    return ['taken', JSON.stringify(work())]
  } catch (error) {
    if (error instanceof Refused) return [error.reason, error.message]
    throw error
  }
}

const MODEL = Type.Object({ model: Type.String(), stream: Type.Optional(Type.Boolean()) })

t.test('nobody reads or edits a body without declaring it', async t => {
  const body = bodyOf('{"model":"m"}')
  body.json(MODEL)
  body.readable = false
  for (const work of [
    () => body.bytes(),
    () => body.json(MODEL),
    () => body.scan(['model']),
    () => body.replace('x'),
    () => body.splice([])
  ]) {
    t.throws(work, { code: 'TACIT_DATA_UNDECLARED' })
  }
  t.equal(body.content?.toString(), '{"model":"m"}')
})

t.test('has no content before it is collected, and an empty one when there is none', async t => {
  const body = new CollectedBody()
  t.equal(body.content, undefined)
  body.fill(Buffer.alloc(0))
  t.equal(body.content?.length, 0)
})

t.test('is parsed once, and each reader gets a copy of its own', async t => {
  const body = bodyOf('{"model":"m","more":[1]}')
  const Open = Type.Object({ model: Type.String(), more: Type.Array(Type.Number()) })
  const first = body.json(Open)
  first.more.push(2)
  first.model = 'changed'
  t.strictSame(body.json(Open), { model: 'm', more: [1] })
  t.strictSame(body.json(MODEL), { model: 'm', more: [1] })
})

t.test('values are decoded as the schema says', async t => {
  const Upper = Type.Transform(Type.String())
    .Decode(text => text.toUpperCase())
    .Encode(text => text)
  const body = bodyOf('{"a":"x","list":["y"]}')
  const schema = Type.Object({ a: Upper, list: Type.Array(Upper) })
  t.strictSame(body.json(schema), { a: 'X', list: ['Y'] })
  t.strictSame(body.json(schema), { a: 'X', list: ['Y'] }, 'and only once')
})

t.test('what is no JSON, or can be read in two ways, is refused', async t => {
  for (const content of ['', '{', '{"model":"m"', 'model=m', '\ufeff{"model":"m"}']) {
    t.strictSame(refusal(() => bodyOf(content).json(MODEL))[0], 'invalid_json', content)
  }
  for (const content of [
    '{"model":"a","model":"b"}',
    '{"Model":"a","model":"b"}',
    `${'['.repeat(300)}${']'.repeat(300)}`
  ]) {
    t.strictSame(refusal(() => bodyOf(content).json(MODEL))[0], 'invalid_json', content)
    t.strictSame(refusal(() => bodyOf(content).scan(['model']))[0], 'invalid_json', content)
  }
  t.strictSame(refusal(() => bodyOf(Buffer.from('{"model":"\xff"}', 'latin1')).json(MODEL))[0], 'invalid_json')
})

t.test('a misfit is named by its place in the schema, never by what the client wrote', async t => {
  const Deep = Type.Object(
    { list: Type.Array(Type.Object({ name: Type.String() }, { additionalProperties: false })), n: Type.Number() },
    { additionalProperties: false }
  )
  const told = (content: string) => refusal(() => bodyOf(content).json(Deep))
  const message = (place: string) => ['invalid_body', `The request body does not have the expected form${place}.`]
  t.strictSame(told('{"list":[],"n":"secret"}'), message(' at `/n`'))
  t.strictSame(told('{"list":[{"name":"a"},{"name":7}],"n":1}'), message(' at `/list/1/name`'))
  t.strictSame(told('{"n":1}'), message(' at `/list`'))
  t.strictSame(told('{"list":[],"n":1,"sk-secret":2}'), message(''))
  t.strictSame(told('{"list":[{"name":"a","sk-secret":2}],"n":1}'), message(' at `/list/0`'))
  t.strictSame(told('[]'), message(''))
  t.strictSame(told('null'), message(''))
})

t.test('a decoder that throws is a misfit, and says nothing', async t => {
  const Fails = Type.Transform(Type.String())
    .Decode((text): string => {
      throw new RangeError(`${text} is out of range`)
    })
    .Encode(text => text)
  t.strictSame(
    refusal(() => bodyOf('{"a":"secret"}').json(Type.Object({ a: Fails }))),
    ['invalid_body', 'The request body does not have the expected form.']
  )
})

t.test('a few members are found without parsing the rest', async t => {
  t.strictSame(bodyOf('{"messages":[{"model":"x"}],"model":"m","n":2}').scan(['model', 'n', 'stream']), [
    'm',
    2,
    undefined
  ])
})

t.test('a replaced body is what later readers see', async t => {
  const body = bodyOf('{"model":"a"}')
  t.strictSame(body.json(MODEL), { model: 'a' })
  body.replace('{"model":"é"}')
  t.strictSame([body.json(MODEL), body.scan(['model']), textOf(body)], [{ model: 'é' }, ['é'], '{"model":"é"}'])
  const bytes = Buffer.from('{"model":"b"}')
  body.replace(bytes)
  bytes.fill(0)
  t.strictSame(body.json(MODEL), { model: 'b' }, 'whatever becomes of the bytes that were handed in')
})

t.test('a splice changes its ranges and leaves every other byte', async t => {
  const body = bodyOf('{"a":"1", "b" : 2.0,"c":"é"}')
  t.strictSame(body.scan(['a']), ['1'])
  body.splice([
    { start: 5, end: 8, text: '"ü"' },
    { start: 15, end: 15, text: ' ' },
    { start: 29, end: 29, text: '\n' }
  ])
  t.equal(textOf(body), '{"a":"ü", "b" :  2.0,"c":"é"}\n')
  t.strictSame(body.scan(['a']), ['ü'])
  body.splice([])
  t.equal(textOf(body), '{"a":"ü", "b" :  2.0,"c":"é"}\n')
})

t.test('ranges that overlap, run backwards or lie outside are refused, and nothing changes', async t => {
  const body = bodyOf('0123456789')
  const at = (start: number, end: number) => ({ start, end, text: 'x' })
  for (const edits of [
    [at(0, 2), at(1, 3)],
    [at(4, 5), at(1, 2)],
    [at(3, 2)],
    [at(-1, 2)],
    [at(0, 11)],
    [at(0.5, 2)],
    [at(Number.NaN, 2)],
    [at(0, Number.POSITIVE_INFINITY)]
  ]) {
    t.throws(() => body.splice(edits), { code: 'TACIT_SPLICE_INVALID' }, JSON.stringify(edits))
  }
  t.equal(textOf(body), '0123456789')
})
