import fc from 'fast-check'
import t from 'tap'
import { type Answer, IdentityCache, MAX_STALE_MS } from '../../../core/identity/identity-cache.ts'
import type { Follower, FoundRows, IdentityStore } from '../../../core/identity/identity-store.ts'
import { ManualClock } from '../../support/clock.ts'
import { consumerRow, credentialRow } from './support.ts'

/** A store whose answers come when the test says so, and say what holds at that moment or at the one of the question. */
class HandStore implements IdentityStore {
  readonly name = 'by hand'
  readonly asked: string[] = []
  readonly #waiting: (() => void)[] = []
  /** Whether answers come by themselves, at once. */
  isSync = false
  isAway = false
  rows: FoundRows | undefined
  follower: Follower | undefined
  looks = 0
  look?(): void

  find(_plugin: string, digest: string): FoundRows | undefined | Promise<FoundRows | undefined> {
    this.asked.push(digest)
    if (this.isSync) {
      if (this.isAway) throw new Error('away')
      return this.rows
    }
    const { rows } = this
    return new Promise((resolve, reject) => {
      this.#waiting.push(() => (this.isAway ? reject(new Error('away')) : resolve(rows)))
    })
  }

  findConsumer(id: string): FoundRows | undefined | Promise<FoundRows | undefined> {
    return this.find('', `consumer ${id}`)
  }

  /** Answers every question that waits, with what was true when it was asked. */
  answer(): void {
    for (const answer of this.#waiting.splice(0)) answer()
  }

  follow(follower: Follower): void {
    this.follower = follower
  }

  read = () => undefined
  list = () => []
  write = async () => undefined
  close(): void {}
}

function rowsOf(consumer: string, group?: string): FoundRows {
  const whose = consumerRow(consumer, group === undefined ? {} : { group })
  return { credential: credentialRow('k', consumer, 'secret'), consumer: whose, group: undefined }
}

function setUp(options: { isSync?: boolean; maxAnswers?: number; rows?: FoundRows } = {}) {
  const clock = new ManualClock()
  clock.advance(10_000)
  const store = new HandStore()
  store.isSync = options.isSync ?? true
  store.rows = options.rows ?? rowsOf('team')
  const outcomes: string[] = []
  const cache = new IdentityCache(store, clock, {
    maxAnswers: options.maxAnswers ?? 100,
    looked: outcome => outcomes.push(outcome)
  })
  const credential = { kind: 'credential', plugin: 'key-auth', digest: 'd' } as const
  return { clock, store, cache, outcomes, credential }
}

const refused = { reason: 'identity_unavailable', status: 503, retryable: true }

/** What was thrown, or rejected with: a refusal is no Error. */
async function failureOf(work: () => unknown): Promise<unknown> {
  try {
    await work()
  } catch (failure) {
    return failure
  }
  throw new Error('it did not fail')
}

t.test('asks once, and answers without waiting from then on', async t => {
  const { store, cache, outcomes } = setUp()
  const first = cache.find('key-auth', 'd')
  t.equal(first instanceof Promise, false)
  t.equal(cache.find('key-auth', 'd'), first, 'the same answer')
  t.strictSame([store.asked, outcomes], [['d'], ['asked', 'cached']])
})

t.test('remembers what nobody has, too', async t => {
  const { store, cache } = setUp()
  store.rows = undefined
  t.match(cache.find('key-auth', 'd'), { rows: undefined })
  t.match(cache.find('key-auth', 'd'), { rows: undefined })
  t.strictSame(store.asked, ['d'])
  store.rows = rowsOf('team')
  store.follower?.changed([{ kind: 'credential', plugin: 'key-auth', digest: 'd' }])
  t.match(cache.find('key-auth', 'd'), { rows: store.rows }, 'until it is made')
})

t.test('is bounded: what was not looked for longest is forgotten', async t => {
  const { store, cache } = setUp({ maxAnswers: 2 })
  for (const digest of ['a', 'b', 'a', 'c', 'a', 'b']) cache.find('key-auth', digest)
  t.equal(cache.size, 2)
  t.strictSame(store.asked, ['a', 'b', 'c', 'b'])
})

t.test('those who ask at once wait for one answer', async t => {
  const { store, cache } = setUp({ isSync: false })
  const all = [cache.find('key-auth', 'd'), cache.find('key-auth', 'd'), cache.find('key-auth', 'd')]
  store.answer()
  const answers = await Promise.all(all)
  t.equal(new Set(answers).size, 1)
  t.strictSame(store.asked, ['d'])
})

t.test('forgets a credential, a consumer or a group when its change is told, and nothing else', async t => {
  for (const [change, isForgotten] of [
    [{ kind: 'credential', plugin: 'key-auth', digest: 'd' }, true],
    [{ kind: 'credential', plugin: 'other', digest: 'd' }, false],
    [{ kind: 'consumer', id: 'team' }, true],
    [{ kind: 'consumer', id: 'gold' }, false],
    [{ kind: 'group', id: 'gold' }, true],
    [{ kind: 'group', id: 'team' }, false]
  ] as const) {
    const { store, cache } = setUp({ rows: rowsOf('team', 'gold') })
    cache.find('key-auth', 'd')
    store.follower?.changed([change])
    cache.find('key-auth', 'd')
    t.equal(store.asked.length, isForgotten ? 2 : 1, JSON.stringify(change))
  }
  const { store, cache } = setUp()
  cache.find('key-auth', 'd')
  store.follower?.changed('all')
  t.equal(cache.size, 0)
})

t.test('an answer under way when its change is told is not remembered, nor joined', async t => {
  for (const change of [
    { kind: 'credential', plugin: 'key-auth', digest: 'd' },
    { kind: 'consumer', id: 'team' },
    { kind: 'group', id: 'gold' }
  ] as const) {
    const { store, cache } = setUp({ isSync: false })
    const before = cache.find('key-auth', 'd')
    store.rows = undefined
    store.follower?.changed([change])
    const after = cache.find('key-auth', 'd')
    store.answer()
    t.match(await before, { rows: { credential: { id: 'k' } } }, 'who asked before the change may hear what held then')
    t.equal((await after).rows, undefined, 'who asked after it does not')
    t.equal((await cache.find('key-auth', 'd')).rows, undefined, 'and it does not come back')
    t.equal(store.asked.length, 2)
  }
})

t.test('an answer is used for a second after the last confirmed moment, or after it was asked for', async t => {
  const { clock, store, cache } = setUp()
  cache.find('key-auth', 'd')
  clock.advance(MAX_STALE_MS)
  cache.find('key-auth', 'd')
  t.equal(store.asked.length, 1)
  store.follower?.confirmed(clock.monotonic())
  clock.advance(MAX_STALE_MS)
  cache.find('key-auth', 'd')
  t.equal(store.asked.length, 1, 'a confirmed moment makes it good for another')
  clock.advance(1)
  cache.find('key-auth', 'd')
  t.equal(store.asked.length, 2)
})

t.test('refuses when the store is away and nothing that is known can be trusted any more', async t => {
  const { clock, store, cache, outcomes } = setUp()
  cache.find('key-auth', 'd')
  store.isAway = true
  clock.advance(MAX_STALE_MS)
  t.match(cache.find('key-auth', 'd'), { rows: { credential: { id: 'k' } } })
  clock.advance(1)
  t.match(await failureOf(() => cache.find('key-auth', 'd')), refused)
  t.match(await failureOf(() => cache.find('key-auth', 'unknown')), refused)
  t.strictSame(outcomes, ['asked', 'cached', 'failed', 'failed'])
  store.isSync = false
  const waiting = cache.find('key-auth', 'd')
  store.answer()
  t.match(await failureOf(() => waiting), refused)
  store.isAway = false
  const again = cache.find('key-auth', 'd')
  store.answer()
  t.match(await again, { rows: { credential: { id: 'k' } } }, 'and asks anew each time')
})

t.test('an answer that took longer than that is none', async t => {
  const { clock, store, cache } = setUp({ isSync: false })
  const slow = cache.find('key-auth', 'd')
  clock.advance(MAX_STALE_MS + 1)
  const later = cache.find('key-auth', 'd')
  store.answer()
  t.match(await failureOf(() => slow), refused)
  t.match(await later, { rows: { credential: { id: 'k' } } }, 'nobody waits for it who asks later')
})

t.test('looks at a store that can be looked at, and does not trust one that cannot', async t => {
  const { clock, store, cache } = setUp()
  store.look = () => {
    store.looks++
    store.follower?.confirmed(clock.monotonic())
  }
  for (let count = 0; count < 10; count++) {
    cache.find('key-auth', 'd')
    clock.advance(100)
  }
  t.strictSame([store.looks, store.asked.length], [5, 1], 'five times a second, and not for each request')
  store.look = () => {
    throw new Error('no file')
  }
  clock.advance(200)
  cache.find('key-auth', 'd')
  t.equal(store.asked.length, 2)
})

t.test('questions at once are bounded', async t => {
  const { store, cache } = setUp({ isSync: false })
  const asked = Array.from({ length: 4_096 }, (_, index) => Promise.resolve(cache.find('key-auth', `${index}`)))
  t.match(await failureOf(() => cache.find('key-auth', 'one more')), refused)
  store.answer()
  await Promise.all(asked)
  const after = cache.find('key-auth', 'one more')
  store.answer()
  t.ok(await after)
})

t.test('whatever is lost, late or out of order, nothing is used a second after it became untrue', async t => {
  const steps = fc.array(
    fc.oneof(
      fc.record({ do: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 700 }) }),
      fc.record({ do: fc.constantFrom('find' as const, 'find' as const, 'revoke' as const, 'restore' as const) }),
      fc.record({ do: fc.constantFrom('tell' as const, 'lose' as const, 'answer' as const) })
    ),
    { minLength: 20, maxLength: 60, size: 'max' }
  )
  let uses = 0
  await fc.assert(
    fc.asyncProperty(steps, async steps => {
      const { clock, store, cache, credential } = setUp({ isSync: false })
      const truth: { readonly fromMs: number; readonly rows: FoundRows | undefined }[] = []
      const be = (rows: FoundRows | undefined) => {
        store.rows = rows
        truth.push({ fromMs: clock.monotonic(), rows })
      }
      be(rowsOf('team'))
      let isUntold = false
      const used: Promise<unknown>[] = []
      for (const step of steps) {
        if (step.do === 'wait') clock.advance(step.ms)
        else if (step.do === 'answer') store.answer()
        else if (step.do === 'revoke' || step.do === 'restore') {
          be(step.do === 'revoke' ? undefined : rowsOf('team'))
          isUntold = true
        } else if (step.do === 'tell') {
          // Changes first, then the moment up to which all are told.
          if (isUntold) store.follower?.changed([credential])
          isUntold = false
          store.follower?.confirmed(clock.monotonic())
        } else if (step.do === 'find') {
          const judge = (answer: Answer) => {
            const usedMs = clock.monotonic()
            const held = truth.some(({ fromMs, rows }, index) => {
              const untilMs = truth[index + 1]?.fromMs ?? Number.POSITIVE_INFINITY
              return rows === answer.rows && fromMs <= usedMs && untilMs + MAX_STALE_MS >= usedMs
            })
            if (!held) throw new Error(`used at ${usedMs} what had long been untrue`)
            uses++
          }
          const found = cache.find('key-auth', 'd')
          if (found instanceof Promise) used.push(found.then(judge, failure => t.match(failure, refused)))
          else judge(found)
        }
        // Answers that came are used before anything else happens.
        for (let turn = 0; turn < 4; turn++) await null
      }
      store.answer()
      await Promise.all(used)
    }),
    { numRuns: 1_000 }
  )
  t.ok(uses > 2_000, `${uses} answers were used`)
})

t.test('a consumer is remembered by its name, and so is that there is none', async t => {
  const clock = new ManualClock()
  const store = new HandStore()
  store.isSync = true
  const cache = new IdentityCache(store, clock, { maxAnswers: 10 })
  const find = async () => (await cache.findConsumer('team')).rows?.consumer?.id
  t.equal(await find(), undefined)
  t.equal(await find(), undefined)
  store.rows = { credential: undefined, consumer: consumerRow('team'), group: undefined }
  t.strictSame(store.asked, ['consumer team'], 'asked once')
  cache.changed([{ kind: 'consumer', id: 'team' }])
  t.equal(await find(), 'team')
  store.rows = undefined
  cache.changed([{ kind: 'consumer', id: 'other' }])
  t.equal(await find(), 'team', 'of somebody else')
  cache.changed([{ kind: 'consumer', id: 'team' }])
  t.equal(await find(), undefined)
})
