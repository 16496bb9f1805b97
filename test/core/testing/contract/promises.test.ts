import t from 'tap'
import { countPromises, settledWithin, settlesByItself, turns } from '../../../../core/testing/contract/promises.ts'

t.test('counts promises from when it is asked to until it is stopped', async t => {
  const count = countPromises()
  const before = count.made
  const promises = [Promise.resolve(), (async () => {})()]
  t.equal(count.made - before, 2)
  count.stop()
  const stopped = count.made
  promises.push(Promise.resolve())
  t.equal(count.made, stopped)
  await Promise.all(promises)
})

t.test('tells a promise that waits for something from one that does not', async t => {
  t.equal(await settlesByItself(Promise.resolve()), true)
  t.equal(await settlesByItself(Promise.reject(new Error('heard'))), true)
  t.equal(await settlesByItself((async () => void (await (async () => {})()))()), true)
  t.equal(await settlesByItself(new Promise(resolve => setImmediate(resolve))), false)
})

t.test('waits no longer than it may', async t => {
  t.equal(await settledWithin(Promise.resolve('there'), 60_000, 'late'), 'there')
  t.equal(await settledWithin(new Promise(() => {}), 1, 'late'), 'late')
  await t.rejects(settledWithin(Promise.reject(new Error('own')), 60_000, 'late'), { message: 'own' })
})

t.test('lets what is due happen', async t => {
  let happened = false
  setImmediate(() => {
    happened = true
  })
  await turns()
  t.ok(happened)
})
