import t from 'tap'
import { Refused } from '../../core/errors.ts'
import { openWorkers } from '../../core/workers.ts'
import type { Task } from '../fixtures/workers/tasks.ts'

const FILE = new URL('../fixtures/workers/tasks.ts', import.meta.url)
const FAILED = { reason: 'worker_failed', status: 503 }

function open(t: Tap, deadlineMs = 20_000) {
  const pool = openWorkers<Task, unknown>(FILE, { deadlineMs })
  t.teardown(() => pool.close())
  return pool
}

type Tap = { teardown(work: () => unknown): void }

/** What a run was refused with; a refusal is no Error, and tap compares those by themselves. */
async function refusalOf(run: Promise<unknown>): Promise<unknown> {
  try {
    return { result: await run }
  } catch (thrown) {
    return thrown instanceof Refused ? { reason: thrown.reason, status: thrown.status } : thrown
  }
}

const goesOn = () => new AbortController().signal

t.test('returns what the module returns', async t => {
  const pool = open(t)
  t.equal(await pool.run({ do: 'double', number: 21 }, goesOn()), 42)
})

t.test('refuses when the thread throws, exits or eats too much, and goes on', async t => {
  const pool = open(t)
  for (const task of [{ do: 'throw', text: 'a secret' }, { do: 'exit' }, { do: 'eat' }] satisfies Task[]) {
    t.strictSame(await refusalOf(pool.run(task, goesOn())), FAILED, task.do)
    t.equal(await pool.run({ do: 'double', number: 1 }, goesOn()), 2, `after ${task.do}`)
  }
})

t.test('ends an endless loop at the deadline', async t => {
  const pool = open(t, 200)
  t.strictSame(await refusalOf(pool.run({ do: 'spin' }, goesOn())), FAILED)
})

t.test('ends a task with its exchange', async t => {
  const pool = open(t)
  const gone = new Error('the client is gone')
  const exchange = new AbortController()
  const run = refusalOf(pool.run({ do: 'spin' }, exchange.signal))
  exchange.abort(gone)
  t.equal(await run, gone)
  t.equal(await refusalOf(pool.run({ do: 'double', number: 1 }, exchange.signal)), gone)
})

t.test('takes only so many tasks', async t => {
  const pool = open(t)
  const runs = Array.from({ length: 200 }, () => refusalOf(pool.run({ do: 'never' }, goesOn())))
  t.strictSame(await runs.at(-1), { reason: 'workers_busy', status: 503 })
  await pool.close()
  t.strictSame(await runs[0], FAILED)
  t.strictSame(await refusalOf(pool.run({ do: 'double', number: 1 }, goesOn())), FAILED)
})

t.test('shows a thread neither environment nor arguments', async t => {
  t.strictSame(await open(t).run({ do: 'surroundings' }, goesOn()), { environment: {}, arguments: [] })
})
