import t from 'tap'
import { type Alarm, LATE, LIFECYCLE_LIMIT_MS, systemAlarm, within } from '../../core/within.ts'
import { handAlarm } from '../support/alarm.ts'

t.test('hands on the value and stops the alarm', async t => {
  const alarm = handAlarm()
  t.equal(await within(Promise.resolve('done'), alarm.alarm), 'done')
  t.strictSame(alarm.pendingMs(), [])
})

t.test('hands on what was thrown and stops the alarm', async t => {
  const alarm = handAlarm()
  await t.rejects(within(Promise.reject(new RangeError('no')), alarm.alarm), new RangeError('no'))
  t.strictSame(alarm.pendingMs(), [])
})

t.test('gives up after ten seconds, while the work goes on', async t => {
  const alarm = handAlarm()
  const work = Promise.withResolvers<string>()
  const waiting = within(work.promise, alarm.alarm)
  t.strictSame(alarm.pendingMs(), [LIFECYCLE_LIMIT_MS])
  t.equal(LIFECYCLE_LIMIT_MS, 10_000)
  alarm.ring()
  t.equal(await waiting, LATE)
  work.resolve('late')
  t.equal(await work.promise, 'late')
})

t.test('the system alarm rings once, and not after it was stopped', async t => {
  const rung = Promise.withResolvers<void>()
  const stopped: Alarm = systemAlarm
  stopped(0, () => t.fail('rang although it was stopped'))()
  systemAlarm(1, rung.resolve)
  await rung.promise
  t.pass('rang')
})
