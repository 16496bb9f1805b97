/** Reads many event streams at once and notes how long each event took, a process of its own. */
import { connect, type Socket } from 'node:net'
import { type Static, Type } from '@sinclair/typebox'
import { errand, serveErrands } from '../harness/errands.ts'
import { requestText } from './chat-request.ts'
import { Latencies } from './latencies.ts'
import { MessageReader } from './message-reader.ts'
import { StampReader } from './stamped-events.ts'

/** Connections opened and not answered yet; more at once would measure the backlog of the listener. */
const OPENING_AT_ONCE = 32
const OPEN_WITHIN_MS = 60_000

const READ_BUFFER = Buffer.alloc(64 * 1024)

const sockets = new Set<Socket>()
const latencies = new Latencies()
const firstBytes = new Latencies()
/** Events that came together with an earlier one of the same stream, and so had been waiting for it. */
let merged = 0
let broken = 0

function nowNs(): number {
  return Number(process.hrtime.bigint())
}

const Job = Type.Object({
  port: Type.Integer(),
  path: Type.String(),
  streams: Type.Integer(),
  headers: Type.Optional(Type.Record(Type.String(), Type.String()))
})
type Job = Static<typeof Job>

/** Opens one stream. Resolves when its first event is there. */
function open({ port, path, headers }: Job): Promise<void> {
  return new Promise((resolve, reject) => {
    const stamps = new StampReader()
    const sentNs = nowNs()
    let arrivedNs = 0
    let inThisRead = 0
    let started = false
    const found = (stampNs: number) => {
      inThisRead++
      latencies.record((arrivedNs - stampNs) / 1000)
    }
    const reader = new MessageReader({
      head: head => {
        if (head.slice(9, 12) !== '200') reject(new Error(`a stream was answered ${head.slice(9, 12)}`))
      },
      body: bytes => stamps.push(bytes, found),
      end: () => {
        broken++
      }
    })
    const socket = connect({
      host: '127.0.0.1',
      port,
      noDelay: true,
      onread: {
        buffer: READ_BUFFER,
        callback: size => {
          arrivedNs = nowNs()
          inThisRead = 0
          reader.push(READ_BUFFER.subarray(0, size))
          if (inThisRead > 1) merged += inThisRead - 1
          if (!started && inThisRead > 0) {
            started = true
            firstBytes.record((arrivedNs - sentNs) / 1000)
            resolve()
          }
          return true
        }
      }
    })
    sockets.add(socket)
    socket.once('connect', () => {
      const request = { method: 'POST', path, bodyBytes: 256, connections: 1, seconds: 0, isStream: true } as const
      socket.write(requestText(headers === undefined ? request : { ...request, headers }, port), 'latin1')
    })
    const failed = () => {
      broken++
      sockets.delete(socket)
      reject(new Error('a stream was closed before its first event'))
      socket.destroy()
    }
    socket.once('error', failed)
    socket.once('end', failed)
  })
}

async function openAll(job: Job): Promise<{ firstByteP50Us: number }> {
  let left = job.streams
  const opener = async () => {
    while (left-- > 0) await open(job)
  }
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('the streams did not all begin in time')), OPEN_WITHIN_MS)
  })
  await Promise.race([Promise.all(Array.from({ length: OPENING_AT_ONCE }, opener)), late])
  clearTimeout(timer)
  return { firstByteP50Us: firstBytes.quantileUs(0.5) }
}

serveErrands({
  open: errand(Job, openAll),
  /** Forgets what was counted so far. */
  begin: errand(Type.Null(), () => {
    latencies.clear()
    merged = 0
    broken = 0
  }),
  /** What was counted since the beginning. */
  end: errand(Type.Null(), () => ({
    events: latencies.total,
    merged,
    broken,
    p50Us: latencies.quantileUs(0.5),
    p99Us: latencies.quantileUs(0.99),
    p999Us: latencies.quantileUs(0.999)
  })),
  close: errand(Type.Null(), () => {
    for (const socket of sockets) {
      socket.removeAllListeners('end')
      socket.destroy()
    }
    sockets.clear()
    firstBytes.clear()
  })
})
