import fc from 'fast-check'
import t from 'tap'
import { readWait, writeWait } from '../../../plugins/auth-lockout/shared-waits.ts'

const NOW_AT = Date.UTC(2026, 5, 1)

t.test('what is written is read as the wait that is left', async t => {
  const told = writeWait(7, NOW_AT + 5_000.2)
  t.strictSame(readWait(told, NOW_AT, 60_000), { failures: 7, waitMs: 5_001 })
  t.strictSame(readWait(told, NOW_AT + 5_000, 60_000), { failures: 7, waitMs: 1 })
  t.equal(readWait(told, NOW_AT + 5_001, 60_000), undefined, 'it is over')
  t.strictSame(readWait(told, NOW_AT - 86_400_000, 60_000), { failures: 7, waitMs: 60_000 }, 'a clock that is behind')
})

t.test('whatever else stands there makes nobody wait', async t => {
  t.equal(readWait(undefined, NOW_AT, 60_000), undefined)
  fc.assert(
    fc.property(fc.string(), text => {
      const wait = readWait(text, 0, 60_000)
      return wait === undefined || (/^[0-9]+ [0-9]+$/.test(text) && wait.waitMs > 0 && wait.waitMs <= 60_000)
    })
  )
  for (const text of ['', '1', '1 2 3', '-1 99999999999999', '1e9 1e99', '1 9999999999999999', ' 1 99999999999999']) {
    t.equal(readWait(text, NOW_AT, 60_000), undefined, text)
  }
})
