import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, mkdtempSync, openSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Type } from '@sinclair/typebox'
import t from 'tap'
import { compileEvent, createLogger, type LogLevel } from '../../core/log.ts'
import { ManualClock } from '../support/clock.ts'

const root = new URL('../../', import.meta.url)

/** A logger that writes into a list. */
function setUp(level: LogLevel = 'info') {
  const lines: string[] = []
  const logger = createLogger({ level, write: line => lines.push(line), clock: new ManualClock(1_700_000_000_000) })
  return { lines, logger }
}

/** A file of its own for one test, and what stands in it. */
function temporaryFile() {
  const path = join(mkdtempSync(join(tmpdir(), 'tacit-log-')), 'lines')
  return { fileDescriptor: openSync(path, 'a'), read: () => readFileSync(path, 'utf8') }
}

/** Runs a script that logs to its standard output. */
function script(body: string): readonly string[] {
  const imports = `import { compileEvent, createLogger } from './core/log.ts'
    import { Type } from '@sinclair/typebox'
    const numbered = compileEvent('numbered', Type.Object({ number: Type.Integer(), padding: Type.Optional(Type.String({ maxLength: 128 })) }))
    const logger = createLogger({ level: 'info' })
  `
  return ['--input-type=module-typescript', '-e', imports + body]
}

const environment = { PATH: process.env.PATH ?? '' }

t.test('an event of core becomes a line of JSON', async t => {
  const { lines, logger } = setUp()
  logger.event('upstream_failed', { upstream: 'chat', peer: 'eu', code: 'ECONNREFUSED' })
  t.strictSame(lines, [
    '{"level":40,"time":1700000000000,"event":"upstream_failed","upstream":"chat","peer":"eu","code":"ECONNREFUSED"}\n'
  ])
})

t.test('events below the level are not written, and the level can be changed', async t => {
  const { lines, logger } = setUp('error')
  const write = () => logger.event('certificate_refused', { listener: 'public', code: 'ENOENT' })
  logger.event('listener_opened', { listener: 'admin', host: '127.0.0.1', port: 9090, tls: false })
  t.strictSame(lines, [])
  write()
  logger.level = 'silent'
  write()
  t.equal(lines.length, 1)
  t.equal(logger.level, 'silent')
})

t.test('an event of a plugin names its plugin and its exchange', async t => {
  const { lines, logger } = setUp()
  const event = compileEvent('access', Type.Object({ status: Type.Integer() }), { plugin: 'access-log' })
  logger.write(event, { status: 200 }, { id: '7f3a', route: 'chat' })
  t.strictSame(lines, [
    '{"level":30,"time":1700000000000,"event":"access","plugin":"access-log","exchange":"7f3a","route":"chat","status":200}\n'
  ])
})

t.test('nothing is written after it was closed', async t => {
  const { lines, logger } = setUp()
  await logger.close()
  logger.event('gateway_stopped', { durationMs: 1, cut: 0 })
  t.strictSame(lines, [])
})

t.test('lines are handed on together, in order, and all of them when it is closed', async t => {
  const { fileDescriptor, read } = temporaryFile()
  const logger = createLogger({ level: 'info', fileDescriptor })
  const event = compileEvent('numbered', Type.Object({ number: Type.Integer() }))
  for (let number = 0; number < 5_000; number++) logger.write(event, { number })
  await logger.flush()
  for (let number = 5_000; number < 5_010; number++) logger.write(event, { number })
  await logger.close()
  const lines = read().trimEnd().split('\n')
  t.strictSame(
    lines.map(line => JSON.parse(line).number),
    Array.from({ length: 5_010 }, (_, number) => number)
  )
  t.equal(logger.droppedLines, 0)
  t.throws(() => closeSync(fileDescriptor), { code: 'EBADF' }, 'closing it closed its file')
})

t.test('a line waits for company no longer than a moment', async t => {
  const child = spawn(
    process.execPath,
    script(`
      logger.write(numbered, { number: 1 })
      setInterval(() => {}, 1000)
    `),
    { cwd: root, env: environment, stdio: ['ignore', 'pipe', 'inherit'] }
  )
  const [text] = await once(child.stdout, 'data')
  t.match(String(text), /"number":1\}\n$/)
  child.kill('SIGKILL')
  await once(child, 'close')
})

t.test('what was logged just before the process exits is written', async t => {
  for (const end of ['process.exit(3)', 'process.exitCode = 3', 'setTimeout(() => process.exit(3), 150)']) {
    const { status, stdout } = spawnSync(
      process.execPath,
      script(`
        for (let number = 0; number < 500; number++) logger.write(numbered, { number })
        ${end}
      `),
      { cwd: root, env: environment, encoding: 'utf8', timeout: 30_000 }
    )
    const numbers = stdout
      .trimEnd()
      .split('\n')
      .map(line => JSON.parse(line).number)
    t.strictSame([status, numbers], [3, Array.from({ length: 500 }, (_, number) => number)], end)
  }
})

t.test('a reader that stands still costs lines, which are counted, and never blocks', async t => {
  // The parent does not read, so that the pipe stays full; the child tells by its standard error how it fares.
  const child = spawn(
    process.execPath,
    script(`
      const padding = 'x'.repeat(128)
      let slowestMs = 0
      const more = round => {
        const startedAt = performance.now()
        for (let number = 0; number < 2000; number++) logger.write(numbered, { number, padding })
        slowestMs = Math.max(slowestMs, performance.now() - startedAt)
        if (round < 20) setTimeout(more, 60, round + 1)
        else {
          process.stderr.write(JSON.stringify({ dropped: logger.droppedLines, slowestMs }))
          process.exit(0)
        }
      }
      more(1)
    `),
    { cwd: root, env: environment, stdio: ['ignore', 'pipe', 'pipe'] }
  )
  child.stdout.pause()
  let told = ''
  child.stderr.setEncoding('utf8').on('data', text => {
    told += text
  })
  const [status] = await once(child, 'exit')
  child.stdout.resume()
  const { dropped, slowestMs } = JSON.parse(told)
  t.equal(status, 0, 'it could end although nobody read')
  t.ok(dropped > 10_000, `${dropped} of 40,000 lines were lost`)
  t.ok(slowestMs < 1_000, `2,000 lines took ${slowestMs} ms at most`)
})

t.test('a slow reader gets every line when it is closed', async t => {
  const child = spawn(
    process.execPath,
    script(`
      for (let number = 0; number < 4000; number++) logger.write(numbered, { number, padding: 'x'.repeat(128) })
      logger.close().then(() => process.exit(logger.droppedLines))
      setTimeout(() => process.stderr.write('the pipe is full'), 100)
    `),
    { cwd: root, env: environment, stdio: ['ignore', 'pipe', 'pipe'] }
  )
  child.stdout.pause()
  await once(child.stderr, 'data')
  let text = ''
  child.stdout.setEncoding('utf8').on('data', chunk => {
    text += chunk
  })
  child.stdout.resume()
  const [status] = await once(child, 'close')
  t.strictSame([status, text.trimEnd().split('\n').length], [0, 4_000])
})

t.test('once its reader goes on, it says how many lines were lost, and nothing else is missing', async t => {
  const child = spawn(
    process.execPath,
    script(`
      const padding = 'x'.repeat(128)
      let written = 0
      while (logger.droppedLines === 0) logger.write(numbered, { number: written++, padding })
      process.stderr.write('full')
      process.stdin.once('data', async () => {
        await logger.flush()
        while (written < 20_000) {
          logger.write(numbered, { number: written++, padding })
          if (written % 100 === 0) await logger.flush()
        }
        await logger.close()
        process.stderr.write(JSON.stringify({ written, dropped: logger.droppedLines }))
        process.exit(0)
      })
    `),
    { cwd: root, env: environment, stdio: ['pipe', 'pipe', 'pipe'] }
  )
  child.stdout.pause()
  await once(child.stderr, 'data')
  let told = ''
  child.stderr.setEncoding('utf8').on('data', text => {
    told += text
  })
  let text = ''
  child.stdout.setEncoding('utf8').on('data', chunk => {
    text += chunk
  })
  child.stdout.resume()
  child.stdin.write('go on')
  await once(child, 'close')
  const { written, dropped } = JSON.parse(told)
  const lines = text
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line))
  const losses = lines.filter(line => line.event === 'log_lines_dropped').map(line => line.lines)
  t.strictSame([losses, lines.length - 1], [[dropped], written - dropped])
  t.ok(dropped > 0)
})

t.test('when its reader has gone, every line is counted as lost and the process goes on', async t => {
  const child = spawn(
    process.execPath,
    script(`
      process.stdin.once('data', async () => {
        for (let number = 0; number < 1000; number++) logger.write(numbered, { number })
        await logger.flush()
        for (let number = 0; number < 1000; number++) logger.write(numbered, { number })
        await logger.close()
        process.stderr.write(String(logger.droppedLines))
        process.exit(0)
      })
    `),
    { cwd: root, env: environment, stdio: ['pipe', 'pipe', 'pipe'] }
  )
  child.stdout.destroy()
  await once(child.stdout, 'close')
  child.stdin.write('go on')
  const [dropped] = await once(child.stderr.setEncoding('utf8'), 'data')
  const [status] = await once(child, 'exit')
  t.strictSame([dropped, status], ['2000', 0])
})

t.test('a full disk costs lines, which are counted, and the process can end', async t => {
  const full = openSync('/dev/full', 'w')
  const burst = `
    const padding = 'x'.repeat(128)
    const more = round => {
      for (let number = 0; number < 1000; number++) logger.write(numbered, { number, padding })
      if (round < 10) setTimeout(more, 20, round + 1)
      else process.stderr.write(logger.droppedLines > 0 ? 'lost' : 'kept'), process.exit(0)
    }
    more(1)
  `
  const last = 'logger.write(numbered, { number: 1 }); process.stderr.write("last"); process.exit(0)'
  for (const [body, told] of [
    [burst, 'lost'],
    [last, 'last']
  ] as const) {
    const { status, stderr } = spawnSync(process.execPath, script(body), {
      cwd: root,
      env: environment,
      stdio: ['ignore', full, 'pipe'],
      encoding: 'utf8',
      timeout: 30_000
    })
    t.strictSame([status, stderr], [0, told])
  }
  closeSync(full)
})
