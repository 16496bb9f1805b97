import t from 'tap'
import { SharedThreads } from '../../../../core/testing/contract/shared-threads.ts'

const TASKS = new URL('../../../fixtures/workers/tasks.ts', import.meta.url)

t.test('the same file has the same threads, and other settings have others', async t => {
  const threads = new SharedThreads()
  const pool = threads.open(TASKS)
  t.equal(threads.open(TASKS), pool)
  t.not(threads.open(TASKS, { deadlineMs: 5 }), pool)
  await threads.close()
  const error: unknown = await pool.run({}, new AbortController().signal).catch((thrown: unknown) => thrown)
  t.match(error, { reason: 'workers_busy' }, 'no thread is left')
})
