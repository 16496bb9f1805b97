import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import t, { type Test } from 'tap'
import { Refused } from '../../core/errors.ts'
import { openWorkers, type WorkerOptions } from '../../core/workers.ts'
import { turns } from '../support/upstream.ts'

interface Task {
  readonly kind: string
  readonly text?: string
  readonly gate?: Int32Array
}

const never = new AbortController().signal

/** What became of a task that must not succeed: the reason of the refusal, or the name of the error. */
async function refusal(result: Promise<unknown>): Promise<string> {
  try {
    await result
    return 'no refusal'
  } catch (error) {
    if (error instanceof Refused) return error.reason
    return error instanceof Error ? error.name : 'no error'
  }
}

function fixture(name: string): URL {
  return new URL(`../fixtures/workers/${name}`, import.meta.url)
}

function setUp(t: Test, options: WorkerOptions = {}) {
  const codes: string[] = []
  // Threads of a machine under load start slowly, and the deadline includes that.
  const pool = openWorkers<Task, unknown>(fixture('tasks.ts'), {
    threads: 1,
    deadlineMs: 20_000,
    failed: code => codes.push(code),
    ...options
  })
  t.teardown(() => pool.close())
  const run = (kind: string, rest: Omit<Task, 'kind'> = {}, signal = never) => pool.run({ kind, ...rest }, signal)
  return { pool, run, codes }
}

/** Holds tasks in their threads until it is opened, and tells how many have begun. */
function makeGate() {
  const gate = new Int32Array(new SharedArrayBuffer(8))
  return {
    gate,
    begun: async (count: number) => {
      for (let seen = Atomics.load(gate, 1); seen < count; seen = Atomics.load(gate, 1)) {
        await Atomics.waitAsync(gate, 1, seen).value
      }
    },
    open: () => {
      Atomics.store(gate, 0, 1)
      Atomics.notify(gate, 0)
    }
  }
}

t.test('a task runs in another thread, and its result comes back', async t => {
  const { run } = setUp(t)
  t.equal(await run('reverse', { text: 'abc' }), 'cba')
  const thread = await run('thread')
  t.type(thread, 'number')
  t.not(thread, 0)
})

t.test('threads are kept ready and used again', async t => {
  const { run } = setUp(t)
  t.equal(await run('thread'), await run('thread'))
})

t.test('several threads work at once', async t => {
  const { run, pool } = setUp(t, { threads: 2 })
  const { gate, begun, open } = makeGate()
  const both = Promise.all([run('wait', { gate }), run('wait', { gate })])
  await begun(2)
  t.strictSame([pool.running, pool.waiting], [2, 0])
  open()
  t.strictSame(await both, ['waited', 'waited'])
  t.strictSame([pool.running, pool.waiting], [0, 0])
})

t.test('a task that throws is a failure by its code, never by its message', async t => {
  const { run, codes } = setUp(t)
  for (const kind of ['throw', 'reject', 'function']) t.equal(await refusal(run(kind)), 'worker_failed', kind)
  t.strictSame(codes, ['TypeError', 'Error', 'Error'])
  t.equal(await run('reverse', { text: 'ab' }), 'ba')
})

t.test('a thread that dies takes only its own task along', async t => {
  const { run, codes } = setUp(t, { threads: 2 })
  const { gate, begun, open } = makeGate()
  const other = run('wait', { gate })
  await begun(1)
  for (const kind of ['exit', 'crash']) {
    t.equal(await refusal(run(kind)), 'worker_failed', kind)
    t.equal(await run('reverse', { text: 'ab' }), 'ba')
  }
  open()
  t.equal(await other, 'waited')
  t.equal(codes.length, 2)
})

t.test('an endless loop is ended at its deadline', async t => {
  const { run, codes } = setUp(t, { deadlineMs: 2_000 })
  t.equal(await run('reverse', { text: 'ab' }), 'ba')
  t.equal(await refusal(run('loop')), 'worker_failed')
  t.strictSame(codes, ['WORKER_OVERDUE'])
})

t.test('a task that fills its memory fails, and the process lives on', async t => {
  const { run, codes } = setUp(t, { memoryMiB: 32 })
  t.equal(await refusal(run('fill')), 'worker_failed')
  t.strictSame(codes, ['ERR_WORKER_OUT_OF_MEMORY'])
  t.equal(await run('reverse', { text: 'ab' }), 'ba')
})

t.test('when enough are waiting, one more is refused at once', async t => {
  const { run, pool } = setUp(t, { maxQueue: 2 })
  const { gate, begun, open } = makeGate()
  const tasks = [run('wait', { gate }), run('reverse', { text: 'ab' }), run('reverse', { text: 'cd' })]
  await begun(1)
  t.strictSame([pool.running, pool.waiting], [1, 2])
  t.equal(await refusal(run('reverse')), 'workers_busy')
  open()
  t.strictSame(await Promise.all(tasks), ['waited', 'ba', 'dc'])
})

t.test('a task waits while its thread loads, and does not answer for that time', async t => {
  const { run, pool } = setUp(t)
  const { gate, begun, open } = makeGate()
  const task = run('wait', { gate })
  t.strictSame([pool.running, pool.waiting], [0, 1])
  await begun(1)
  t.strictSame([pool.running, pool.waiting], [1, 0])
  open()
  await task
})

t.test('who waits for a thread longer than a task may take is refused', async t => {
  const { run, pool, codes } = setUp(t, { deadlineMs: 2_000 })
  await run('reverse')
  t.strictSame(await Promise.all([run('loop'), run('reverse')].map(refusal)), ['worker_failed', 'workers_busy'])
  t.strictSame([pool.waiting, codes], [0, ['WORKER_OVERDUE']])
})

t.test('what is given up before it began never runs', async t => {
  const { run, pool } = setUp(t)
  const { gate, begun, open } = makeGate()
  const first = run('wait', { gate })
  await begun(1)
  const aborter = new AbortController()
  const second = run('wait', { gate }, aborter.signal)
  t.equal(pool.waiting, 1)
  const reason = new Error('the client has left')
  aborter.abort(reason)
  await t.rejects(second, reason)
  t.equal(pool.waiting, 0)
  open()
  await first
  await run('reverse', { text: 'ab' })
  t.equal(Atomics.load(gate, 1), 1)
})

t.test('what is given up while it runs is answered at once, and its thread goes on', async t => {
  const { run, codes } = setUp(t)
  const { gate, begun, open } = makeGate()
  const thread = await run('thread')
  const aborter = new AbortController()
  const task = run('wait', { gate }, aborter.signal)
  await begun(1)
  aborter.abort()
  await t.rejects(task, { name: 'AbortError' })
  const next = run('thread')
  open()
  t.equal(await next, thread)
  t.strictSame(codes, [])
})

t.test('a signal that was aborted before starts nothing', async t => {
  const { run, pool } = setUp(t)
  t.equal(await refusal(run('reverse', {}, AbortSignal.abort())), 'AbortError')
  t.strictSame([pool.running, pool.waiting], [0, 0])
})

t.test('threads see neither the environment nor the arguments of the process', async t => {
  const script = `
    import { openWorkers } from './core/workers.ts'
    const pool = openWorkers(new URL('./test/fixtures/workers/tasks.ts', import.meta.url), { threads: 1, deadlineMs: 20_000 })
    console.log(JSON.stringify(await pool.run({ kind: 'surroundings' }, new AbortController().signal)))
    await pool.close()
  `
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    ['--stack-trace-limit=7', '--input-type=module-typescript', '-e', script, 'an-argument'],
    { cwd: new URL('../../', import.meta.url), env: { TACIT_TEST_SECRET: 'secret' }, encoding: 'utf8' }
  )
  t.strictSame([status, stdout, stderr], [0, '{"environment":{},"execArgv":[],"argv":[]}\n', ''])
})

t.test('closing ends what runs and refuses what comes', async t => {
  const { run, pool, codes } = setUp(t)
  const { gate, begun } = makeGate()
  const open = Promise.all([refusal(run('wait', { gate })), refusal(run('reverse'))])
  await begun(1)
  await pool.close()
  t.strictSame(await open, ['worker_failed', 'worker_failed'])
  t.equal(await refusal(run('reverse')), 'workers_busy')
  t.strictSame(codes, [])
})

t.test('when the pool is closed its threads are over', async t => {
  const { run, pool } = setUp(t)
  const { gate, begun } = makeGate()
  const counting = refusal(run('count', { gate }))
  await begun(1)
  await pool.close()
  const counted = Atomics.load(gate, 1)
  await turns(10)
  t.equal(Atomics.load(gate, 1), counted)
  t.equal(await counting, 'worker_failed')
})

t.test('a module that cannot be loaded fails its tasks, and says so', async t => {
  const codes: string[] = []
  const pool = openWorkers(fixture('broken.ts'), { threads: 1, deadlineMs: 20_000, failed: code => codes.push(code) })
  t.teardown(() => pool.close())
  t.equal(await refusal(pool.run(1, never)), 'worker_failed')
  t.ok(codes.includes('RangeError'), codes.join())
})

t.test('a module that could not be loaded is loaded again', async t => {
  const folder = t.testdir({
    'module.js': `
      import { existsSync } from 'node:fs'
      if (!existsSync(new URL('repaired', import.meta.url))) throw new RangeError()
      export default () => 'loaded'`
  })
  const codes: string[] = []
  const failed = (code: string) => codes.push(code)
  const pool = openWorkers(pathToFileURL(join(folder, 'module.js')), { threads: 1, deadlineMs: 20_000, failed })
  t.teardown(() => pool.close())
  t.equal(await refusal(pool.run(1, never)), 'worker_failed', 'when it fails')
  t.equal(await refusal(pool.run(1, never)), 'worker_failed', 'at once, before it is tried again')
  t.strictSame(codes, ['RangeError'])
  writeFileSync(join(folder, 'repaired'), '')
  while ((await refusal(pool.run(1, never))) === 'worker_failed') await turns()
  t.equal(await pool.run(1, never), 'loaded')
})

t.test('a thread that dies without a task is told of', async t => {
  const code = await new Promise(resolve => {
    const pool = openWorkers(fixture('broken.ts'), { threads: 1, failed: resolve })
    t.teardown(() => pool.close())
  })
  t.equal(code, 'RangeError')
})

t.test('the address of a source means the module that it was built to', async t => {
  const pool = openWorkers<string, string>(fixture('built/module.ts'), { threads: 1, deadlineMs: 20_000 })
  t.teardown(() => pool.close())
  t.equal(await pool.run('and run', never), 'built and run')
})

t.test('a deadline that is no time is refused when the pool is opened', async t => {
  for (const deadlineMs of [0, -1, Number.NaN, 2 ** 31]) {
    t.throws(() => openWorkers(fixture('tasks.ts'), { deadlineMs }), { code: 'TACIT_WORKER_DEADLINE_INVALID' })
  }
})

t.test('an address without a module is refused when the pool is opened', async t => {
  for (const url of [fixture('nothing.ts'), fixture('nothing.js'), new URL('https://example.com/module.js')]) {
    t.throws(() => openWorkers(url), { code: 'TACIT_WORKER_MISSING' })
  }
})
