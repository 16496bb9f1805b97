import t from 'tap'
import { Shared } from '../../core/shared.ts'

t.test('is closed when its last user has gone, and waited for', async t => {
  const closing = Promise.withResolvers<void>()
  let closed = 0
  const shared = new Shared('value', () => {
    closed++
    return closing.promise
  })
  t.equal(shared.use().use().value, 'value')
  await shared.release()
  t.equal(closed, 0)
  let isReleased = false
  const released = shared.release().then(() => {
    isReleased = true
  })
  t.strictSame([closed, isReleased], [1, false])
  closing.resolve()
  await released
  t.equal(isReleased, true)
})
