import t from 'tap'
import { mergeStored } from '../../../core/identity/stored.ts'
import { Duration, Type } from '../../../core/plugin.ts'

// What StoredIdentities finds, and for whom, is shown in identities.test.ts, with the store behind it.

const schema = Type.Object({
  plan: Type.String(),
  burst: Type.Integer({ minimum: 1, default: 10 }),
  per: Duration({ default: '1m' }),
  nested: Type.Object({ a: Type.Integer({ default: 1 }), b: Type.Optional(Type.Integer()) }, { default: {} })
})

t.test('only what is written goes before what is below it, key by key', async t => {
  const below = { burst: 50, per: 60_000, nested: { a: 7, b: 7 } }
  t.strictSame(mergeStored(schema, below, [{ plan: 'free' }, undefined, { per: '5s' }]), {
    burst: 50,
    per: 5_000,
    nested: { a: 7, b: 7 },
    plan: 'free'
  })
  t.strictSame(
    mergeStored(schema, below, [{ plan: 'a', nested: { b: 2 } }]).nested,
    { b: 2, a: 1 },
    'a key that is set again replaces the whole value'
  )
})

t.test('what does not fit is refused whole', async t => {
  const code = { code: 'TACIT_SETTINGS_INVALID' }
  for (const written of [
    7,
    null,
    [],
    { plan: 7 },
    { plan: 'a', burst: 0 },
    { plan: 'a', per: 5 },
    { plan: 'a', x: 1 },
    {}
  ]) {
    t.throws(() => mergeStored(schema, {}, [written]), code, JSON.stringify(written))
  }
  t.throws(() => mergeStored(schema, {}, []), code, 'a key without a default is missing')
  t.throws(() => mergeStored(schema, {}, [{ plan: '${HOME}', per: '${HOME}' }]), code, 'nothing is put in')
})
