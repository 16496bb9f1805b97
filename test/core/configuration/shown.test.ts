import t from 'tap'
import { isDefault, shown } from '../../../core/configuration/shown.ts'
import {
  ByteSize,
  Duration,
  MoneyAmount,
  parseDurationMs,
  parseMoney,
  parseSizeBytes,
  Secret,
  SecretText,
  Share,
  Type
} from '../../../core/plugin.ts'

t.test(
  'writes durations and sizes in the largest unit that makes a whole number, and they parse to the same',
  async t => {
    for (const [ms, written] of [
      [0, '0ms'],
      [250, '250ms'],
      [1500, '1500ms'],
      [30_000, '30s'],
      [60_000, '1m'],
      [90_000, '90s'],
      [86_400_000, '1d']
    ] as const) {
      t.equal(shown(Duration(), ms), written)
      t.equal(parseDurationMs(written), ms)
    }
    for (const [bytes, written] of [
      [0, '0B'],
      [512, '512B'],
      [65_536, '64KiB'],
      [10 * 1024 ** 2, '10MiB'],
      [1_000_000_000, '1GB']
    ] as const) {
      t.equal(shown(ByteSize(), bytes), written)
      t.equal(parseSizeBytes(written), bytes)
    }
  }
)

t.test('writes shares and money as they are written', async t => {
  t.equal(shown(Share(), 0.2), '20%')
  t.equal(shown(Share(), 0.07), '7%')
  for (const written of ['5.00 USD', '0.000000001 EUR', '12.345 CNY'])
    t.equal(shown(MoneyAmount(), parseMoney(written)), written)
})

t.test('writes lists and blocks on one line', async t => {
  const schema = Type.Object({ wait: Duration(), names: Type.Array(Type.String()) })
  t.equal(shown(schema, { wait: 5000, names: ['a', ''] }), "{ wait: 5s, names: [a, ''] }")
  t.equal(shown(undefined, {}), '{}')
  t.equal(shown(Type.Array(Duration()), [1000, 2000]), '[1s, 2s]')
  t.equal(shown(Type.Boolean(), false), 'false')
})

t.test('shows no secret, declared or not', async t => {
  t.equal(shown(Secret(), new SecretText('hunter-2')), '[secret]')
  t.equal(shown(undefined, { key: new SecretText('hunter-2') }), '{ key: [secret] }')
  t.equal(shown(Type.String(), 'Bearer abcdefghijkl'), '[secret]')
})

t.test('knows what counts where nothing is written', async t => {
  t.equal(isDefault(Duration({ default: '60s' }), 60_000), true)
  t.equal(isDefault(Duration({ default: '60s' }), 61_000), false)
  t.equal(isDefault(ByteSize({ default: '1MiB' }), 1024 ** 2), true)
  t.equal(isDefault(Type.String({ default: 'x' }), 'x'), true)
  t.equal(isDefault(Type.String(), 'x'), false)
})
