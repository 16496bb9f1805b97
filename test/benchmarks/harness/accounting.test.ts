import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { Worker } from 'node:worker_threads'
import t from 'tap'
import { parseRssBytes, parseSchedstatUs, usageOf } from '../../../benchmarks/harness/accounting.ts'

const isLinux = process.platform === 'linux'

t.test('CPU time is read from nanoseconds', async t => {
  t.equal(parseSchedstatUs('85960087 96463 12\n'), 85_960.087)
})

t.test('resident memory is read from kilobytes', async t => {
  t.equal(parseRssBytes('Name:\tnode\nVmHWM:\t  200 kB\nVmRSS:\t  100 kB\nThreads:\t7\n'), 102_400)
})

t.test('a process that has ended has no resident memory', async t => {
  t.equal(parseRssBytes('Name:\tnode\nState:\tZ (zombie)\n'), 0)
})

t.test('work shows as CPU time of its process', { skip: !isLinux && 'there is no /proc here' }, async t => {
  const before = usageOf(process.pid)
  const own = process.cpuUsage()
  while (process.cpuUsage(own).user < 50_000);
  const usedUs = usageOf(process.pid).cpuUs - before.cpuUs
  t.ok(usedUs > 40_000, `${usedUs} µs of at least 50 ms`)
  t.ok(before.rssBytes > 2 ** 20)
})

t.test('children are accounted for with their parent', { skip: !isLinux && 'there is no /proc here' }, async t => {
  const inner = 'process.stdout.write("up"); setInterval(() => {}, 1000)'
  const outer = `const { spawn } = require('node:child_process')
    const child = spawn(process.execPath, ['-e', ${JSON.stringify(inner)}], { stdio: ['ignore', 'inherit', 'inherit'] })
    process.on('SIGTERM', () => { child.kill(); process.exit() })`
  const parent = spawn(process.execPath, ['-e', outer], { stdio: ['ignore', 'pipe', 'inherit'] })
  t.teardown(() => parent.kill())
  await once(parent.stdout, 'data')
  const { pid = 0 } = parent
  const alone = parseRssBytes(readFileSync(`/proc/${pid}/status`, 'latin1'))
  t.ok(usageOf(pid).rssBytes > alone * 1.5, 'two processes hold more than one')
})

t.test('a process that is not there has no usage', { skip: !isLinux && 'there is no /proc here' }, async t => {
  t.throws(() => usageOf(2 ** 22 + 1), { code: 'ENOENT' })
})

t.test('what other threads do is not the main thread’s', { skip: !isLinux && 'there is no /proc here' }, async t => {
  const before = usageOf(process.pid)
  // It lives on when it has worked: a thread that has ended is not accounted for.
  const worker = new Worker(
    `const { parentPort } = require('node:worker_threads')
    let sum = 0
    for (let count = 0; count < 50_000_000; count++) sum += Math.sqrt(count)
    parentPort.on('message', () => {})
    parentPort.postMessage(sum)`,
    { eval: true }
  )
  await once(worker, 'message')
  const after = usageOf(process.pid)
  await worker.terminate()
  const mainUs = after.mainUs - before.mainUs
  t.ok(mainUs > 0)
  t.ok(after.cpuUs - before.cpuUs > mainUs, `${mainUs} µs are the main thread’s`)
})
