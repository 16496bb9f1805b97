import { once } from 'node:events'
import { MessageChannel } from 'node:worker_threads'
import t from 'tap'
import { GatewayError } from '../../../core/errors.ts'
import type { FromThread } from '../../../core/records/messages.ts'
import { isTemporary, WriterThread } from '../../../core/records/writer-thread.ts'
import { folder, openTestWriter } from './support.ts'

/** A thread's work on a channel, with a writer whose commits the test decides on. */
async function serve(t: Parameters<typeof folder>[0], write: (pieces: readonly Buffer[]) => number) {
  const writer = await openTestWriter(await folder(t))
  writer.write = write
  const { port1, port2 } = new MessageChannel()
  const said: FromThread[] = []
  port1.on('message', (message: FromThread) => said.push(message))
  new WriterThread(port2, writer)
  t.teardown(() => {
    port1.close()
    writer.close()
  })
  const until = async (type: FromThread['type']) => {
    for (;;) {
      const found = said.findIndex(message => message.type === type)
      if (found >= 0) return said.splice(found, 1)[0]
      await once(port1, 'message')
    }
  }
  const rows = (sequence: number) => {
    const memory = new ArrayBuffer(8)
    port1.postMessage({ type: 'rows', memory, length: 4, sequence }, [memory])
  }
  return { port: port1, until, rows }
}

const full = Object.assign(new Error('database or disk is full'), { errcode: 13 })

t.test('commits together what has arrived meanwhile, and gives the memory back', async t => {
  const commits: number[] = []
  const { until, rows } = await serve(t, pieces => commits.push(pieces.length))
  await until('ready')
  for (let sequence = 1; sequence <= 5; sequence++) rows(sequence)
  let last = 0
  while (last < 5) {
    const message = await until('committed')
    if (message?.type !== 'committed') break
    last = message.sequence
    t.equal(message.lost, undefined)
    t.equal(
      message.memories.every(memory => memory.byteLength === 8),
      true
    )
  }
  t.equal(
    commits.reduce((sum, count) => sum + count, 0),
    5
  )
  t.ok(commits.length < 5, 'in fewer commits than pieces')
})

t.test('keeps rows while the disk is full, answers meanwhile, and commits them when there is room', async t => {
  let isFull = true
  const { port, until, rows } = await serve(t, () => {
    if (isFull) throw full
    return 1
  })
  rows(1)
  t.match(await until('stalled'), { type: 'stalled' })
  port.postMessage({ type: 'call', id: 7, call: { method: 'expire', days: [] } })
  t.match(await until('answer'), { id: 7, answer: [] })
  isFull = false
  t.match(await until('committed'), { sequence: 1, lost: undefined })
})

t.test('gives rows up that can never be written, and counts them', async t => {
  const { until, rows } = await serve(t, () => {
    throw new TypeError('a fault')
  })
  rows(1)
  t.match(await until('committed'), { sequence: 1, lost: { code: 'TypeError' } })
})

t.test('tells what another time may be better', async t => {
  t.ok(isTemporary(full))
  t.ok(isTemporary(Object.assign(new Error(), { code: 'ENOSPC' })))
  t.notOk(isTemporary(new TypeError()))
  t.notOk(isTemporary(Object.assign(new Error(), { errcode: 19 })))
  t.notOk(isTemporary(new GatewayError('TACIT_X', 'x')))
  t.notOk(isTemporary('full'))
})
