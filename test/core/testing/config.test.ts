import { Duration, Secret, Type } from 'tacit-gateway/plugin'
import t from 'tap'
import { decodeConfig } from '../../../core/testing/config.ts'

const Schema = Type.Object({
  pause: Duration({ default: '10s' }),
  mode: Type.String({ enum: ['fast', 'slow'], default: 'fast' }),
  nested: Type.Optional(Type.Object({ limit: Type.Integer() }))
})

t.test('fills in defaults and decodes values with a unit', async t => {
  t.strictSame(decodeConfig(Schema, {}), { pause: 10_000, mode: 'fast' })
  t.strictSame(decodeConfig(Schema, { pause: '1m', mode: 'slow', nested: { limit: 3 } }), {
    pause: 60_000,
    mode: 'slow',
    nested: { limit: 3 }
  })
})

t.test('leaves what it is given as it is', async t => {
  const config = { nested: { limit: 3 } }
  decodeConfig(Schema, config)
  t.strictSame(config, { nested: { limit: 3 } })
})

t.test('refuses unknown keys at every level, wrong units and unknown words, all at once', async t => {
  const wrong = { paus: '1s', pause: 10, mode: 'medium', nested: { limit: 1, limits: 2 } }
  t.throws(() => decodeConfig(Schema, wrong), { code: 'TACIT_CONFIG_INVALID' })
  try {
    decodeConfig(Schema, wrong)
  } catch (error) {
    t.match(String(error), /"paus".*"pause"/s)
    t.match(String(error), /"mode" must be one of: .*fast/)
    t.match(String(error), /"limits"/)
  }
})

t.test('repeats no secret', async t => {
  const Secretive = Type.Object({ secret: Secret(), limit: Type.Integer() })
  t.throws(() => decodeConfig(Secretive, { secret: 'hunter2', limit: 'x' }), { message: /^(?!.*hunter2)/s })
})
