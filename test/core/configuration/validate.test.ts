import { type TObject, Type } from '@sinclair/typebox'
import t from 'tap'
import { Substitutions } from '../../../core/configuration/secrets.ts'
import { validate } from '../../../core/configuration/validate.ts'
import { GatewayError } from '../../../core/errors.ts'
import { Duration, Secret, SecretText } from '../../../core/plugin.ts'

const check = (schema: TObject, value: unknown) => validate(schema, value, ['config'], new Substitutions())

t.test('decodes what fits', async t => {
  const schema = Type.Object({ wait: Duration({ default: '1m' }), secret: Secret() })
  const { decoded, findings } = check(schema, { secret: 'hunter2' })
  t.strictSame(findings, [])
  t.equal(Reflect.get(Object(decoded), 'wait'), 60_000)
  const secret: unknown = Reflect.get(Object(decoded), 'secret')
  t.equal(secret instanceof SecretText && secret.reveal(), 'hunter2')
})

t.test('finds everything that is wrong at once, each at its place', async t => {
  const schema = Type.Object({ wait: Duration(), list: Type.Array(Type.Integer()), name: Type.String() })
  const { decoded, findings } = check(schema, { wait: 'soon', list: [1, 'two', 3.5], nmae: 'x' })
  t.equal(decoded, undefined)
  t.strictSame(
    findings.map(({ path, code }) => [...path, code]),
    [
      ['config', 'nmae', 'TACIT_KEY_UNKNOWN'],
      ['config', 'wait', 'TACIT_UNIT_WRONG'],
      ['config', 'list', 1, 'TACIT_VALUE_TYPE'],
      ['config', 'list', 2, 'TACIT_VALUE_TYPE']
    ]
  )
})

t.test('does not repeat what a decoder said, which may hold the value', async t => {
  const schema = Type.Object({
    pattern: Type.Transform(Type.String({ description: 'A pattern.' }))
      .Decode(text => new RegExp(text))
      .Encode(String)
  })
  const [finding] = check(schema, { pattern: '(hunter2' }).findings
  t.match(finding, { path: ['config', 'pattern'], message: 'This value is not accepted here.', cure: 'A pattern.' })
})

t.test('repeats errors of the gateway, which hold no content', async t => {
  const schema = Type.Object({
    pattern: Type.Transform(Type.String())
      .Decode((): string => {
        throw new GatewayError('TACIT_PATTERN_INVALID', 'The pattern is not linear.', 'Write it simpler.')
      })
      .Encode(String)
  })
  t.match(check(schema, { pattern: 'x' }).findings, [
    { code: 'TACIT_PATTERN_INVALID', message: 'The pattern is not linear.', cure: 'Write it simpler.' }
  ])
})

t.test('lets faults of its own through', async t => {
  const schema = Type.Object({ a: Type.Unsafe<string>({ [Symbol.for('TypeBox.Kind')]: 'Nowhere' }) })
  t.throws(() => check(schema, { a: 1 }))
})
