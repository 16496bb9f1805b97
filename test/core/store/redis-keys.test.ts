import fc from 'fast-check'
import t from 'tap'
import { redisKey } from '../../../core/store/redis-keys.ts'

/** What Redis Cluster decides on: what is in the first pair of braces, if that is anything. */
const hashTag = (key: string) => /\{([^}]+)\}/.exec(key.slice(key.indexOf('{')))?.[1]

t.test('puts the owner in braces', async t => {
  t.equal(redisKey('tacit', 'consumer/team', 'tokens'), 'tacit:{consumer/team}:tokens')
})

t.test('gives all keys of an owner one hash tag, and no other owner the same', async () => {
  const owner = fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom('{', '}', '%', '7', 'B', 'a') }))
  fc.assert(
    fc.property(owner, owner, fc.string(), fc.string(), (one, other, first, second) => {
      const tag = hashTag(redisKey('p', one, first))
      if (tag === undefined || tag !== hashTag(redisKey('p', one, second))) throw new Error('apart')
      if (one !== other && tag === hashTag(redisKey('p', other, first))) throw new Error('together')
    }),
    { numRuns: 2_000 }
  )
})
