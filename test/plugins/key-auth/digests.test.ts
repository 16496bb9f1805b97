import t from 'tap'
import { Digests } from '../../../plugins/key-auth/digests.ts'

/** Digests by turning the key round, and counts how often. */
function counted() {
  const work = { count: 0 }
  const digests = new Digests(key => {
    work.count++
    return [...key].reverse().join('')
  })
  return { work, digests }
}

t.test('digests a known key once', async t => {
  const { work, digests } = counted()
  digests.note('sk-1', digests.of('sk-1'), true)
  t.equal(digests.of('sk-1'), '1-ks')
  t.equal(digests.of('sk-1'), '1-ks')
  t.equal(work.count, 1)
})

t.test('never remembers an unknown key', async t => {
  const { work, digests } = counted()
  digests.note('sk-1', digests.of('sk-1'), false)
  t.equal(digests.of('sk-1'), '1-ks')
  t.equal(work.count, 2)
  t.equal(digests.size, 0)
})

t.test('forgets a key that is no longer known', async t => {
  const { digests } = counted()
  digests.note('sk-1', digests.of('sk-1'), true)
  digests.note('sk-1', digests.of('sk-1'), false)
  t.equal(digests.size, 0)
})

t.test('remembers no more than ten thousand', async t => {
  const { digests } = counted()
  for (let index = 0; index < 10_050; index++) digests.note(`sk-${index}`, `digest-${index}`, true)
  t.equal(digests.size, 10_000)
})
