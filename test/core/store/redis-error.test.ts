import t from 'tap'
import { RedisError, redisErrorOf } from '../../../core/store/redis-error.ts'

const reply = (message: string) =>
  Object.assign(new Error(message), { name: 'ReplyError', command: { args: ['s3cret'] } })

t.test('keeps the first word of what Redis says, and nothing else', async t => {
  const error = redisErrorOf(reply("WRONGTYPE Operation against 's3cret'"))
  t.match(error, { code: 'TACIT_REDIS_REFUSED', failure: 'refused', reply: 'WRONGTYPE', mayHaveRun: false })
  t.equal(error.message, 'Redis refused a command. It said WRONGTYPE.')
  for (const message of ['s3cret', '', 'Err s3cret', 'S3CRET-s3cret x', `${'A'.repeat(40)} x`]) {
    t.equal(redisErrorOf(reply(message)).reply, 'ERR', message)
  }
  t.notMatch(`${error.stack}${JSON.stringify(error)}`, /s3cret/)
})

t.test('takes a server that serves nobody just now for one that is away', async t => {
  for (const word of ['LOADING', 'CLUSTERDOWN', 'READONLY', 'MASTERDOWN', 'TRYAGAIN', 'NOREPLICAS']) {
    t.match(redisErrorOf(reply(`${word} try later`)), { failure: 'away', reply: word, mayHaveRun: false })
  }
})

t.test('says of what was not sent that it has not run, and of nothing else', async t => {
  const unsent = new Error("Stream isn't writeable and enableOfflineQueue options is false")
  t.match(redisErrorOf(unsent), { failure: 'away', mayHaveRun: false })
  for (const error of [new Error('Connection is closed.'), new TypeError('s3cret'), 'text', undefined]) {
    t.match(redisErrorOf(error), { code: 'TACIT_REDIS_AWAY', message: 'Redis could not be reached.', mayHaveRun: true })
  }
  const own = new RedisError('slow')
  t.equal(redisErrorOf(own), own)
})
