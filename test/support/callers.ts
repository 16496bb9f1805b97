/**
 * Clients that call without a pause, each over a connection that it keeps, and
 * note every answer that was not as it should be. They know nothing of the gateway.
 */
import { Agent, type IncomingHttpHeaders, request } from 'node:http'
import type { Teardown } from './upstream.ts'

/** How calling goes. */
export interface Callers {
  /** Answers so far. */
  readonly answers: number
  /** What was wrong with the others, by how often: `ECONNREFUSED`, `status 502`, `cut`, or what `judge` said. */
  readonly failures: ReadonlyMap<string, number>
  /** Kept connections that were closed just as a request was about to leave on them; these calls were made again. */
  readonly resets: number
  /** Resolves when so many more answers have come, or something has failed. */
  more(answers: number): Promise<void>
  /** Ends each caller after its present call. */
  stop(): Promise<void>
}

/** How to call. */
export interface Calling {
  readonly url: () => string
  readonly callers: number
  /** A new connection for each call, rather than one that is kept. */
  readonly connectsAnew?: boolean
  /** Says what is wrong with a whole answer of status 200. */
  readonly judge?: (headers: IncomingHttpHeaders, body: Buffer) => string | undefined
}

/** Starts calling; ends with the test at the latest. */
export function startCallers(t: Teardown, { url, callers, connectsAnew = false, judge }: Calling): Callers {
  const agent = new Agent({ keepAlive: !connectsAnew, maxSockets: callers })
  const failures = new Map<string, number>()
  let answers = 0
  let resets = 0
  let isOver = false
  const waiting: (() => void)[] = []
  const wake = () => {
    for (const each of waiting.splice(0)) each()
  }
  const call = () =>
    new Promise<string | undefined>(resolve => {
      const outgoing = request(url(), { agent }, response => {
        const pieces: Buffer[] = []
        response.on('data', piece => pieces.push(piece))
        response.on('error', () => {})
        response.on('close', () => {
          if (!response.complete) resolve('cut')
          else if (response.statusCode !== 200) resolve(`status ${response.statusCode}`)
          else resolve(judge?.(response.headers, Buffer.concat(pieces)))
        })
      })
      outgoing.on('error', (error: NodeJS.ErrnoException) => {
        // What Node's own agent is told of a kept connection that was closed before the request left.
        resolve(outgoing.reusedSocket && error.code === 'ECONNRESET' ? 'again' : (error.code ?? error.name))
      })
      outgoing.end()
    })
  const run = async () => {
    while (!isOver) {
      const wrong = await call()
      if (wrong === 'again') resets++
      else if (wrong === undefined) answers++
      else failures.set(wrong, (failures.get(wrong) ?? 0) + 1)
      wake()
    }
  }
  const running = Promise.all(Array.from({ length: callers }, run))
  const stop = async () => {
    isOver = true
    await running
    agent.destroy()
  }
  t.teardown(stop)
  return {
    get answers() {
      return answers
    },
    failures,
    get resets() {
      return resets
    },
    async more(count) {
      const enough = answers + count
      while (answers < enough && failures.size === 0) await new Promise<void>(resolve => waiting.push(resolve))
    },
    stop
  }
}
