/**
 * What keeping rows costs: processor time of the thread of requests and of the
 * writer for each row, and how long questions take. Prints a table; run it as
 * `node benchmarks/records.ts [rows] [subjects]`. Knows nothing of the harness: it
 * measures one process by its own accounts (`process.threadCpuUsage`), which count
 * the time that a thread ran and not that it waited for a busy machine.
 */
import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../core/clock.ts'
import { Instant, KnownName, type RecordQuery, SecretText, Type, Uuid } from '../core/plugin.ts'
import { LocalMasterKey } from '../core/records/master-key.ts'
import { Records } from '../core/records/records.ts'
import { Vocabulary } from '../core/records/vocabulary.ts'

const [rows = 1_000_000, subjects = 100] = process.argv.slice(2).map(Number)
/** Rows that requests hand over before the event loop goes on. */
const TURN = 500
const QUESTIONS = 200
const LIFE = 30 * 86_400_000

const consumers = Array.from({ length: subjects }, (_, index) => `consumer-${index}`)
const vocabulary = new Vocabulary()
vocabulary.add('consumer', consumers)
vocabulary.add('route', ['chat', 'embeddings'])
vocabulary.add('model', ['gpt-5-mini', 'claude-sonnet-5'])
vocabulary.add('upstream', ['main'])
vocabulary.add('peer', ['eu', 'us'])
vocabulary.add('credential', ['main-key'])

const count = Type.Integer({ minimum: 0 })
const kindOfUsage = {
  purpose: 'Shows what was used.',
  class: 'usage',
  subject: 'consumer',
  id: 'exchange',
  at: 'startedAt',
  clear: ['consumer', 'route', 'model', 'status', 'end'],
  fields: Type.Object({
    exchange: Uuid(),
    startedAt: Instant(),
    consumer: KnownName('consumer'),
    credential: KnownName('credential'),
    route: KnownName('route'),
    upstream: KnownName('upstream'),
    peer: KnownName('peer'),
    model: KnownName('model'),
    served: KnownName('model'),
    dialect: Type.String({ enum: ['openai-chat', 'anthropic-messages'] }),
    status: Type.Integer({ minimum: 0, maximum: 599 }),
    end: Type.String({ enum: ['complete', 'client_gone', 'upstream_cut'] }),
    inputTokens: count,
    cacheReadTokens: count,
    outputTokens: count,
    reasoningTokens: count,
    source: Type.String({ enum: ['reported', 'counted'] }),
    costNano: Type.BigInt(),
    durationMs: Type.Number({ minimum: 0 }),
    firstByteMs: Type.Optional(Type.Number({ minimum: 0 })),
    attempts: count,
    requestBytes: count,
    responseBytes: count
  })
} as const

const startOfDay = Math.floor(systemClock.now() / 86_400_000) * 86_400_000
const ids = Array.from({ length: TURN * 20 }, () => randomUUID())

function row(index: number) {
  return {
    exchange: ids[index % ids.length],
    startedAt: startOfDay + Math.floor((index * 86_399_000) / rows),
    consumer: consumers[(index * 7919) % consumers.length],
    credential: 'main-key',
    route: index % 3 === 0 ? 'embeddings' : 'chat',
    upstream: 'main',
    peer: index % 2 === 0 ? 'eu' : 'us',
    model: index % 5 === 0 ? 'claude-sonnet-5' : 'gpt-5-mini',
    served: 'gpt-5-mini',
    dialect: 'openai-chat',
    status: index % 50 === 0 ? 429 : 200,
    end: index % 20 === 0 ? 'client_gone' : 'complete',
    inputTokens: index % 5_000,
    cacheReadTokens: 0,
    outputTokens: index % 900,
    reasoningTokens: 0,
    source: 'reported',
    costNano: 1_000_007n,
    durationMs: 812.5,
    firstByteMs: 12.5,
    attempts: 1,
    requestBytes: 1_000,
    responseBytes: 2_000
  }
}

const directory = mkdtempSync(join(tmpdir(), 'tacit-bench-'))
try {
  const records = await Records.open({
    directory,
    masterKeys: [new LocalMasterKey(new SecretText('ab'.repeat(32)))],
    // All rows are of today, at whatever time of the day this runs.
    clock: { now: () => startOfDay + 86_399_999, monotonic: () => performance.now() },
    vocabulary,
    lives: { access: LIFE, usage: LIFE, billing: LIFE, audit: LIFE, account: LIFE, consent: LIFE },
    queueBytes: 1 << 30
  })
  const kind = records.kind('metering', 'usage', kindOfUsage)
  let mainUs = 0
  const processBefore = process.cpuUsage()
  const threadBefore = process.threadCpuUsage()
  const startedMs = performance.now()
  for (let from = 0; from < rows; from += TURN) {
    const turn = Array.from({ length: Math.min(TURN, rows - from) }, (_, offset) => row(from + offset))
    const before = process.threadCpuUsage()
    for (const one of turn) records.append(kind, one)
    const used = process.threadCpuUsage(before)
    mainUs += used.user + used.system
    await new Promise(resolve => setImmediate(resolve))
  }
  await records.flush()
  const seconds = (performance.now() - startedMs) / 1_000
  const all = process.cpuUsage(processBefore)
  const main = process.threadCpuUsage(threadBefore)
  const writerUs = all.user + all.system - main.user - main.system

  print('rows', `${rows} of ${subjects} subjects, ${records.dropped} lost`)
  print('thread of requests, for each row', `${(mainUs / rows).toFixed(2)} µs of processor time`)
  print('writer, for each row', `${(writerUs / rows).toFixed(2)} µs of processor time`)
  print('writer, rows for each second of processor time', `${Math.round((rows / writerUs) * 1e6)}`)
  print('rows for each second that passed', `${Math.round(rows / seconds)}`)

  const questions: readonly (readonly [string, RecordQuery])[] = [
    ['one subject', { where: { consumer: 'consumer-3' } }],
    ['one status that is rare', { where: { status: 429 } }],
    ['three columns', { where: { route: 'chat', model: 'claude-sonnet-5', end: 'client_gone' } }],
    ['a range, and a column', { where: { status: { from: 400, to: 499 }, route: 'chat' } }],
    ['columns that no row has both of', { where: { model: 'claude-sonnet-5', consumer: 'consumer-3', status: 429 } }],
    ['an hour', { from: startOfDay + 7_200_000, to: startOfDay + 10_800_000 }],
    ['the newest', {}]
  ]
  for (const clearOnly of [true, false]) {
    for (const [name, question] of questions) {
      const times: number[] = []
      let found = 0
      for (let time = 0; time < QUESTIONS; time++) {
        const before = performance.now()
        found = (await records.query('metering.usage', { ...question, limit: 100, clearOnly })).rows.length
        times.push(performance.now() - before)
      }
      times.sort((first, second) => first - second)
      const at = (share: number) => (times[Math.floor(times.length * share)] ?? 0).toFixed(1)
      const columns = clearOnly ? 'clear columns' : 'all columns'
      print(`${name}, ${columns}, ${found} rows`, `p50 ${at(0.5)} ms, p99 ${at(0.99)} ms`)
    }
  }
  await records.close()
} finally {
  rmSync(directory, { recursive: true, force: true })
}

function print(what: string, figure: string): void {
  process.stdout.write(`${what.padEnd(56)} ${figure}\n`)
}
