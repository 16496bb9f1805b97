import { inspect } from 'node:util'
import { Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import t from 'tap'
import {
  ByteSize,
  Digest,
  Duration,
  MoneyAmount,
  parseDurationMs,
  parseMoment,
  parseMoney,
  parseShare,
  parseSizeBytes,
  Secret,
  SecretText,
  Share
} from '../../../core/contract/units.ts'

t.test('a duration is a number with a unit, in milliseconds', async t => {
  const durations: readonly [text: string, ms: number][] = [
    ['0ms', 0],
    ['250ms', 250],
    ['30s', 30_000],
    ['1.5s', 1_500],
    ['10m', 600_000],
    ['1h', 3_600_000],
    ['7d', 604_800_000],
    ['0.0004s', 0],
    ['0.0006s', 1]
  ]
  for (const [text, ms] of durations) t.equal(parseDurationMs(text), ms, text)
})

t.test('a size is a number with a unit, decimal or binary, in bytes', async t => {
  const sizes: readonly [text: string, bytes: number][] = [
    ['512B', 512],
    ['1KB', 1_000],
    ['1KiB', 1_024],
    ['10MiB', 10_485_760],
    ['1.5MB', 1_500_000],
    ['2GB', 2_000_000_000],
    ['1GiB', 1_073_741_824]
  ]
  for (const [text, bytes] of sizes) t.equal(parseSizeBytes(text), bytes, text)
})

t.test('money is exact to the ninth decimal, however large', async t => {
  t.strictSame(parseMoney('5.00 USD'), { currency: 'USD', amountNano: 5_000_000_000n })
  t.strictSame(parseMoney('0.000000001 EUR'), { currency: 'EUR', amountNano: 1n })
  t.strictSame(parseMoney('0.1 CNY'), { currency: 'CNY', amountNano: 100_000_000n })
  t.strictSame(parseMoney('9007199254740993 USD'), { currency: 'USD', amountNano: 9_007_199_254_740_993_000_000_000n })
})

t.test('a share is a percentage, as a number', async t => {
  t.equal(parseShare('20%'), 0.2)
  t.equal(parseShare('0%'), 0)
  t.equal(parseShare('0.5%'), 0.005)
})

t.test('nothing else is taken for a value with a unit', async t => {
  const odd = ['', ' ', '30', '30 s', ' 30s', '30s ', '-1s', '+1s', '1e3s', '.5s', '5.s', '30S', '30s\n', '٣s', 'NaNs']
  for (const text of odd) t.equal(parseDurationMs(text), undefined, JSON.stringify(text))
  for (const text of ['10', '10 MiB', '10mib', '10Mib', '-1B', '1e3B', '10MiB\n'])
    t.equal(parseSizeBytes(text), undefined, text)
  for (const text of ['5', '5USD', '5 usd', '5.0000000001 USD', '-5 USD', '5. USD', '5,00 USD', 'USD 5']) {
    t.equal(parseMoney(text), undefined, text)
  }
  for (const text of ['20', '20 %', '-1%', '%', '1e1%']) t.equal(parseShare(text), undefined, text)
})

t.test('schemas check what is written and decode what is meant', async t => {
  const schema = Type.Object({ wait: Duration(), size: ByteSize(), price: MoneyAmount(), part: Share(), key: Secret() })
  const written = { wait: '2s', size: '1KiB', price: '1.25 USD', part: '50%', key: 'sk-12345' }
  t.ok(Value.Check(schema, written))
  const { key, ...decoded } = Value.Decode(schema, written)
  t.strictSame(decoded, { wait: 2_000, size: 1_024, price: { currency: 'USD', amountNano: 1_250_000_000n }, part: 0.5 })
  t.equal(key.reveal(), 'sk-12345')
  for (const field of ['wait', 'size', 'price', 'part', 'key']) {
    t.notOk(Value.Check(schema, { ...written, [field]: '' }), `an empty ${field}`)
    t.notOk(Value.Check(schema, { ...written, [field]: 5 }), `a bare number as ${field}`)
  }
})

t.test('a schema tells its unit and keeps what it was described with', async t => {
  t.match(Duration({ default: '5s', description: 'Time.' }), { unit: 'duration', default: '5s', description: 'Time.' })
  t.match(ByteSize(), { unit: 'size' })
  t.match(MoneyAmount(), { unit: 'money' })
  t.match(Share(), { unit: 'share' })
  t.match(Secret(), { unit: 'secret' })
  t.match(Digest(), { unit: 'digest' })
})

t.test('values with a unit are never written back', async t => {
  t.throws(() => Value.Encode(Duration(), 5), 'values with a unit are read, never written')
})

t.test('a digest is made with a key, and has the length of SHA-256', async t => {
  const body = 'zhWTScK06pBE5sfK6EHeKcEfDsP0CIh7hdrCRr49cxM'
  t.ok(Value.Check(Digest(), `hmac-sha256:${body}`))
  const keyed = `hmac-sha256:${body}`
  for (const digest of [body, `sha256:${body}`, `hmac-md5:${body}`, `${keyed}=`, keyed.slice(0, -1), `${keyed}A`]) {
    t.notOk(Value.Check(Digest(), digest), digest)
  }
})

t.test('a secret shows itself to nobody who does not ask for it', async t => {
  const secret = new SecretText('sk-12345')
  t.equal(secret.reveal(), 'sk-12345')
  t.equal(`${secret}`, '[secret]')
  t.equal(JSON.stringify({ secret }), '{"secret":"[secret]"}')
  t.equal(inspect(secret), '[secret]')
  t.equal(inspect({ deep: [secret] }, { showHidden: true }), '{ deep: [ [secret], [length]: 1 ] }')
  t.strictSame(Object.keys(secret), [])
  t.strictSame(Object.values({ ...secret }), [])
})

t.test('reads a day or a moment, and none that no calendar has', t => {
  t.equal(parseMoment('2026-12-31'), Date.UTC(2026, 11, 31))
  t.equal(parseMoment('2026-12-31T18:00:00Z'), Date.UTC(2026, 11, 31, 18))
  t.equal(parseMoment('2026-12-31T18:00:00.5+02:00'), Date.UTC(2026, 11, 31, 16, 0, 0, 500))
  const none = [
    '',
    '2026',
    '2026-02-31',
    '2026-02-31T00:00:00Z',
    '2026-12-31T25:00:00Z',
    '2026-12-31T18:00Z',
    '31.12.2026'
  ]
  for (const text of none) t.equal(parseMoment(text), undefined, text)
  t.end()
})
