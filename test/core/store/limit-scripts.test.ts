import fc from 'fast-check'
import t from 'tap'
import { systemClock } from '../../../core/clock.ts'
import type { Claim } from '../../../core/plugin.ts'
import { claimWords, readHold } from '../../../core/store/hold-words.ts'
import { limitScript } from '../../../core/store/limit-scripts.ts'
import { RedisClient } from '../../../core/store/redis.ts'
import { RedisError } from '../../../core/store/redis-error.ts'
import { isFull } from '../../support/full.ts'
import { startRedis, withoutRedis } from '../../support/redis.ts'
import { type Desk, openDesks } from './limit-desk.ts'
import { redisConfiguration } from './support.ts'

t.test('in Redis', { skip: withoutRedis, timeout: 600_000 }, async t => {
  const deskOf = await openDesks(t)

  t.test('a command that is repeated, or comes late, changes nothing', async t => {
    const desk = deskOf()
    const claim = desk.claim({ algorithm: 'total', limit: 10 }, 4)
    const [first, second] = await desk.run(desk.hold('a', [claim], 1), desk.hold('a', [claim], 5))
    t.equal(second, first)
    t.strictSame(await desk.readingAt(claim, 5), [0, 4, 0, 6])
    await desk.run(desk.settle('a', [claim], [3], 6), desk.settle('a', [claim], [9], 7))
    const [again] = await desk.run(desk.hold('a', [claim], 8))
    t.equal(again, '', 'a hold that is over is not held once more')
    t.strictSame(await desk.readingAt(claim, 9), [3, 0, 0, 7])
    await desk.run(desk.cancel('late', [claim], 10), desk.hold('late', [claim], 11))
    t.strictSame(await desk.readingAt(claim, 12), [3, 0, 0, 7], 'one that was taken back before it came is none')
  })

  t.test('taking back leaves nothing, also of what was final', async t => {
    const desk = deskOf()
    const claim = desk.claim({ algorithm: 'total', limit: 10 }, 4, { final: true })
    await desk.run(desk.hold('a', [claim], 1))
    t.strictSame(await desk.readingAt(claim, 1), [4, 0, 0, 6])
    await desk.run(desk.settle('a', [claim], [0], 1))
    t.strictSame(await desk.readingAt(claim, 1), [4, 0, 0, 6], 'what is final is not corrected')
    await desk.run(desk.hold('b', [claim], 2), desk.cancel('b', [claim], 2))
    t.strictSame(await desk.readingAt(claim, 2), [4, 0, 0, 6])
  })

  t.test('a lease that is over ends as its claim says', async t => {
    const desk = deskOf()
    const charged = desk.claim({ algorithm: 'total', limit: 10 }, 4)
    const back = { ...charged, counter: `${charged.counter}/back`, lost: 'give_back' } as const
    const slot = { ...charged, counter: `${charged.counter}/slot`, algorithm: 'concurrency' } as const
    const block = { ...charged, counter: `${charged.counter}/block`, lost: 'give_back' } as const
    const claims = [charged, back, slot]
    await desk.run(desk.hold('a', claims, 1_000, 500), desk.take('b', block, 8, 100, 1_000, 500))
    const standing = () => Promise.all([...claims, block].map(claim => desk.readingAt(claim, 1_400)))
    t.strictSame(await standing(), [
      [0, 4, 0, 6],
      [0, 4, 0, 6],
      [0, 4, 0, 6],
      [0, 8, 0, 2]
    ])
    const renewed = desk.command('renew', claims, 1_400, '500 a unknown')
    await desk.run(renewed, desk.read(claims, 1_899))
    t.strictSame(await desk.readingAt(back, 1_899), [0, 4, 0, 6], 'renewed')
    t.strictSame(await desk.readingAt(block, 1_899), [8, 0, 0, 2], 'nobody knows what was used of the block')
    const after = await Promise.all(claims.map(claim => desk.readingAt(claim, 1_901)))
    t.strictSame(after, [
      [4, 0, 0, 6],
      [0, 0, 0, 10],
      [0, 0, 0, 10]
    ])
    await desk.run(desk.settle('a', claims, [0, 0, 0], 1_902))
    t.strictSame(await desk.readingAt(charged, 1_902), [4, 0, 0, 6], 'too late to be settled')
  })

  t.test('none of several claims consumes when another refuses', async t => {
    const desk = deskOf()
    const counters = ['a', 'b', 'c'].map(
      name =>
        (amount: number): Claim => ({
          ...desk.claim({ algorithm: 'total', limit: 20 }, amount),
          counter: `${desk.claim({ algorithm: 'total', limit: 1 }, 0).counter}/${name}`
        })
    )
    const amounts = fc.array(fc.nat({ max: 9 }), { minLength: 3, maxLength: 3 })
    const sums = [0, 0, 0]
    let calls = 0
    await fc.assert(
      fc.asyncProperty(amounts, async asked => {
        const claims = counters.map((claim, at) => claim(asked[at] ?? 0))
        const [answer] = await desk.run(desk.hold(`${++calls}`, claims, calls))
        const fits = sums.every((sum, at) => sum + (asked[at] ?? 0) <= 20)
        if (fits) for (const [at, amount] of asked.entries()) sums[at] = (sums[at] ?? 0) + amount
        const held = await Promise.all(claims.map(claim => desk.readingAt(claim, calls)))
        return readHold(answer ?? '')?.granted === fits && held.every((each, at) => each[1] === sums[at])
      }),
      { numRuns: 100 }
    )
    t.pass('nothing was consumed by a refusal')
  })

  t.test('questions that come together are decided as if each had come alone', { timeout: 300_000 }, async t => {
    const asked = fc.record({
      owner: fc.nat({ max: 1 }),
      id: fc.nat({ max: 5 }),
      amount: fc.nat({ max: 6 }),
      what: fc.constantFrom('hold', 'settle', 'cancel', 'charge', 'read', 'topUp', 'take', 'release')
    })
    const batch = fc.record({ afterMs: fc.nat({ max: 400 }), asked: fc.array(asked, { minLength: 1, maxLength: 12 }) })
    await fc.assert(
      fc.asyncProperty(fc.array(batch, { maxLength: 6 }), async batches => {
        const places = [
          [deskOf(), deskOf()],
          [deskOf(), deskOf()]
        ] as const
        let atMs = 1_000
        const toldBy = (desks: readonly [Desk, Desk], each: (typeof batches)[number]['asked'][number]) => {
          const desk = desks[each.owner] ?? desks[0]
          const claim = desk.claim({ algorithm: 'fixed', limit: 12, windowMs: 1_000 }, each.amount)
          const id = `${each.id}`
          if (each.what === 'hold') return desk.hold(id, [claim], atMs, 300)
          if (each.what === 'settle') return desk.settle(id, [claim], [each.amount], atMs)
          if (each.what === 'cancel') return desk.cancel(id, [claim], atMs)
          if (each.what === 'read') return desk.read([claim], atMs)
          if (each.what === 'topUp') return desk.topUp(id, claim, atMs)
          if (each.what === 'take') return desk.take(id, claim, 5, 100, atMs, 200)
          if (each.what === 'release') return desk.command('release', [claim], atMs, `${id} ${each.amount}`)
          return desk.command('charge', [claim], atMs, `${id} 1 ${claimWords(claim, each.amount)}`)
        }
        for (const { afterMs, asked } of batches) {
          atMs += afterMs
          const together = await places[0][0].runTogether(...asked.map(each => toldBy(places[0], each)))
          const alone = await places[1][0].run(...asked.map(each => toldBy(places[1], each)))
          if (together.join('\n') !== alone.join('\n')) return false
        }
        return true
      }),
      { numRuns: isFull ? 400 : 60 }
    )
    t.pass('every answer was the same')
  })

  t.test('one that cannot be decided changes nothing for the others of its command', async t => {
    const [good, bad] = [deskOf(), deskOf()]
    const limit = { algorithm: 'total', limit: 10 } as const
    const [ours, theirs] = [good.claim(limit, 4), bad.claim(limit, 4)]
    await bad.spoil(theirs)
    const answers = await good.runTogether(
      good.hold('a', [ours], 1),
      bad.hold('b', [theirs], 1),
      good.hold('c', [ours], 1),
      bad.read([theirs], 1)
    )
    t.strictSame(answers, ['1 6 -1 0', '-WRONGTYPE', '1 2 -1 0', '-WRONGTYPE'])
    t.strictSame(await good.readingAt(ours, 1), [0, 8, 0, 2])
  })

  t.test('a top-up counts until its window ends, once by its id, and a reset forgets', async t => {
    const desk = deskOf()
    const claim = desk.claim({ algorithm: 'fixed', limit: 5, windowMs: 1_000 }, 5)
    const topUp = desk.topUp('up', claim, 10)
    await desk.run(topUp, topUp)
    t.strictSame(await desk.readingAt(claim, 10), [0, 0, 5, 10])
    await desk.run(desk.hold('a', [claim], 11))
    t.strictSame(await desk.readingAt(claim, 1_001), [0, 0, 0, 5])
    await desk.run(desk.hold('b', [claim], 1_002), desk.command('reset', [claim], 1_003))
    await desk.run(desk.hold('c', [{ ...claim, amount: 2 }], 1_004), desk.settle('b', [claim], [1], 1_005))
    t.strictSame(await desk.readingAt(claim, 1_006), [0, 2, 0, 3], 'what was held before the reset gives nothing back')
  })
})

t.test(
  'a server that is no master is told of by all of a command, so that it is left',
  { skip: withoutRedis },
  async t => {
    const master = await startRedis(t)
    const replica = await startRedis(t, ['--replicaof', '127.0.0.1', `${master.port}`])
    const redis = new RedisClient(redisConfiguration({ url: [replica.url] }), { clock: systemClock })
    t.teardown(() => redis.close())
    await redis.open()
    const keys = [redis.key('a', 'leases'), redis.key('a', 'holds'), redis.key('a', 'x')]
    for (;;) {
      try {
        await redis.run(limitScript(), keys, ['0 hold a 1000 1 s 10 0 10 1 0 -1'])
        t.fail('a replica has written')
        break
      } catch (error) {
        if (!(error instanceof RedisError)) throw error
        // It says so itself as long as it is still looking for its master.
        if (error.reply === 'MASTERDOWN' || error.reply === 'LOADING') continue
        t.match(error, { failure: 'away', reply: 'READONLY' })
        break
      }
    }
  }
)
