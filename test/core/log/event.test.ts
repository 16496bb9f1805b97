import { type TSchema, Type } from '@sinclair/typebox'
import fc from 'fast-check'
import t from 'tap'
import type { Facts } from '../../../core/contract/exchange.ts'
import { GatewayError } from '../../../core/errors.ts'
import { compileEvent, MAX_STRING_LENGTH } from '../../../core/log/event.ts'

const Access = Type.Object({
  method: Type.String({ enum: ['GET', 'POST'] }),
  status: Type.Integer(),
  durationMs: Type.Number(),
  cached: Type.Boolean(),
  source: Type.Union([Type.Literal('upstream'), Type.Literal('gateway')]),
  kind: Type.Literal('access'),
  consumer: Type.Optional(Type.String({ pattern: '^[a-z-]+$' })),
  note: Type.Optional(Type.String({ maxLength: 8 }))
})

/** What a line of this event says, read back. */
function render(facts: Facts, ...rest: [{ id: string; route: string }?]): unknown {
  return JSON.parse(`{${compileEvent('access', Access).render(facts, ...rest)}}`)
}

const facts = { method: 'POST', status: 200, durationMs: 12.34567, cached: false, source: 'upstream', kind: 'access' }

t.test('a line says the declared fields', async t => {
  t.strictSame(render({ ...facts, consumer: 'team-search', note: 'a "b"\n' }), {
    event: 'access',
    method: 'POST',
    status: 200,
    durationMs: 12.346,
    cached: false,
    source: 'upstream',
    kind: 'access',
    consumer: 'team-search',
    note: 'a "b"\n'
  })
})

t.test('fields that the schema does not name are left out', async t => {
  t.strictSame(render({ ...facts, prompt: 'my name is Ada' }), { event: 'access', ...facts, durationMs: 12.346 })
})

t.test('a value that its field does not allow is left out, and counted', async t => {
  const wrong = {
    method: 'BREW',
    status: 200.5,
    durationMs: Number.NaN,
    cached: 'yes',
    source: 'elsewhere',
    kind: 'audit',
    consumer: 'Ada Lovelace',
    note: 'too long for it'
  }
  t.strictSame(render(wrong), { event: 'access', left_out: 8 })
})

t.test('an event of an exchange names it, and its own fields of that name give way', async t => {
  const schema = Type.Object({ route: Type.String({ maxLength: 20 }), status: Type.Integer() })
  const event = compileEvent('answered', schema, { plugin: 'access-log#2' })
  t.equal(
    event.render({ route: 'mine', status: 200 }, { id: '7f3a', route: 'chat' }),
    '"event":"answered","plugin":"access-log#2","exchange":"7f3a","route":"chat","status":200'
  )
  t.equal(
    event.render({ route: 'mine', status: 200 }),
    '"event":"answered","plugin":"access-log#2","route":"mine","status":200'
  )
})

t.test('numbers are written to three decimals', async t => {
  const event = compileEvent('measured', Type.Object({ value: Type.Number() }))
  const written = (value: number) => event.render({ value }).slice('"event":"measured","value":'.length)
  const cases: [number, string][] = [
    [0, '0'],
    [-0, '0'],
    [7, '7'],
    [0.5, '0.5'],
    [0.0004, '0'],
    [0.001, '0.001'],
    [12.0304, '12.03'],
    [999.9996, '1000'],
    [1_767_225_600_000, '1767225600000'],
    [-1.25, '-1.25'],
    [1e300, '1e+300'],
    [-1.7e308, '-1.7e+308']
  ]
  for (const [value, text] of cases) t.equal(written(value), text)
  fc.assert(
    fc.property(
      fc.double({ min: -1e12, max: 1e12, noNaN: true }),
      value => Math.abs(Number(written(value)) - value) <= 0.000_51 + Math.abs(value) * 1e-15
    )
  )
})

t.test('a name is written the same however often it comes, and however many there are', async t => {
  const event = compileEvent('called', Type.Object({ consumer: Type.String({ pattern: '^[a-z0-9"-]+$' }) }))
  for (const consumer of Array.from({ length: 2_000 }, (_, index) => `team-"${index % 700}"`)) {
    const expected = `"event":"called","consumer":${JSON.stringify(consumer)}`
    if (event.render({ consumer }) !== expected) t.fail(consumer)
  }
  t.equal(event.render({ consumer: 'Ada Lovelace' }), '"event":"called","left_out":1')
})

t.test('a string that is too long is left out, whatever its pattern says', async t => {
  const bounded = Type.String({ pattern: '^x*$' })
  const event = compileEvent('called', Type.Object({ bounded, short: Type.String({ pattern: '^x*$', maxLength: 3 }) }))
  t.equal(
    event.render({ bounded: 'x'.repeat(MAX_STRING_LENGTH), short: 'xxx' }),
    `"event":"called","bounded":"${'x'.repeat(MAX_STRING_LENGTH)}","short":"xxx"`
  )
  t.equal(event.render({ bounded: 'x'.repeat(MAX_STRING_LENGTH + 1), short: 'xxxx' }), '"event":"called","left_out":2')
})

t.test('an event is of level info unless its schema says otherwise', async t => {
  t.equal(compileEvent('a', Type.Object({})).level, 'info')
  t.equal(compileEvent('a', Type.Object({}, { level: 'warn' })).level, 'warn')
})

t.test('a schema that could hold free text is refused', async t => {
  const refused: Record<string, TSchema> = {
    free: Type.String(),
    long: Type.String({ maxLength: MAX_STRING_LENGTH + 1 }),
    unanchored: Type.String({ pattern: '[a-z]+' }),
    anything: Type.String({ pattern: '^.*$' }),
    unknown: Type.Unknown(),
    object: Type.Object({ inner: Type.Number() }),
    list: Type.Array(Type.Number()),
    mixed: Type.Union([Type.Literal('a'), Type.String()]),
    nothing: Type.Null(),
    odd: Type.Unsafe({ enum: [{ text: 'x' }] })
  }
  for (const [name, schema] of Object.entries(refused)) {
    t.throws(
      () => compileEvent('event', Type.Object({ [name]: schema })),
      { code: 'TACIT_EVENT_INVALID', message: new RegExp(`"${name}"`) },
      name
    )
  }
})

t.test('names that the log cannot use are refused', async t => {
  for (const name of ['Access', 'with space', '', 'a"b']) {
    t.throws(() => compileEvent(name, Type.Object({})), GatewayError)
  }
  for (const field of ['level', 'time', 'event', 'plugin', 'left_out', 'with space', 'a"b', '']) {
    t.throws(() => compileEvent('event', Type.Object({ [field]: Type.Number() })), GatewayError)
  }
  t.throws(() => compileEvent('event', Type.Object({}, { level: 'loud' })), { code: 'TACIT_EVENT_INVALID' })
})

t.test('whatever is handed over, a line is one JSON object of allowed values', async t => {
  const key = fc.oneof(fc.constantFrom(...Object.keys(Access.properties)), fc.string())
  const value = fc.oneof(fc.string({ unit: 'binary' }), fc.double(), fc.boolean(), fc.constant(undefined))
  const event = compileEvent('access', Access)
  fc.assert(
    fc.property(fc.dictionary(key, value), facts => {
      const text = `{${event.render(facts)}}`
      const line: Record<string, unknown> = JSON.parse(text)
      const { left_out, event: name, ...fields } = line
      return (
        !text.includes('\n') &&
        name === 'access' &&
        Object.keys(fields).every(field => Object.hasOwn(Access.properties, field)) &&
        (typeof fields.note !== 'string' || fields.note.length <= 8)
      )
    })
  )
  t.pass('every line was well-formed')
})
