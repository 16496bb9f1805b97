import { join } from 'node:path'
import t from 'tap'
import { systemClock } from '../../../core/clock.ts'
import { openIdentities } from '../../../core/identity/open.ts'
import { RedisClient } from '../../../core/store/redis.ts'
import { redisConfiguration } from '../store/support.ts'

t.test('opens nothing where no place is named', async t => {
  const places = { redis: undefined, folder: undefined, maxAnswers: 10 }
  t.equal(await openIdentities(places, systemClock), undefined)
})

t.test('opens a file in a folder, and makes the folder', async t => {
  const folder = join(t.testdir(), 'a', 'b')
  const opened = await openIdentities({ redis: undefined, folder, maxAnswers: 10 }, systemClock)
  t.equal(opened?.store.name, 'sqlite')
  t.match(await opened?.cache.find('key-auth', 'nobody'), { rows: undefined, askedMs: Number })
  await opened?.store.close()
})

t.test('goes to Redis where both are named', async t => {
  const redis = new RedisClient(redisConfiguration({ url: ['redis://127.0.0.1:1'] }), { clock: systemClock })
  const opened = await openIdentities({ redis, folder: '/nowhere', maxAnswers: 10 }, systemClock)
  t.equal(opened?.store.name, 'redis')
  redis.close()
  await opened?.store.close()
})
