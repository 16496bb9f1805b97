import t from 'tap'
import { checkRecords, parseMasterKey } from '../../../core/configuration/records-checks.ts'
import { Substitutions } from '../../../core/configuration/secrets.ts'

const codes = (records: unknown) =>
  checkRecords({
    root: { records },
    substitutions: new Substitutions(),
    placeOf: () => 'line 1',
    isWritten: () => true
  }).map(({ code, path }) => [code, path.join('.')])

t.test('has nothing to say about a sound block', async t => {
  t.strictSame(
    codes({ masterKey: 'ab'.repeat(32), oldMasterKeys: [Buffer.alloc(32).toString('base64')], keep: { usage: '7d' } }),
    []
  )
  for (const block of [undefined, [], 1, {}, { keep: 1 }, { oldMasterKeys: 'x' }]) t.strictSame(codes(block), [])
})

t.test('points at keys that are none, and at lives that are too short or too long', async t => {
  t.strictSame(codes({ masterKey: 'short', oldMasterKeys: ['ab'.repeat(32), ''] }), [
    ['TACIT_MASTER_KEY_INVALID', 'records.masterKey'],
    ['TACIT_MASTER_KEY_INVALID', 'records.oldMasterKeys.1']
  ])
  t.strictSame(codes({ keep: { usage: '47h', billing: '3661d', audit: '2d' } }), [
    ['TACIT_LIFE_INVALID', 'records.keep.usage'],
    ['TACIT_LIFE_INVALID', 'records.keep.billing']
  ])
})

t.test('reads 32 bytes in either form', async t => {
  t.strictSame(parseMasterKey(`${'ff'.repeat(32)}\n`), Buffer.alloc(32, 0xff))
  t.strictSame(parseMasterKey(Buffer.alloc(32, 0xff).toString('base64url')), Buffer.alloc(32, 0xff))
  t.equal(parseMasterKey('ff'.repeat(33)), undefined)
})
