/**
 * Starts the processes of a run, each pinned to its core, and sees to it that none outlives the run. What they print goes
 * to files in the run's folder and is shown only when one fails.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { request } from 'node:http'
import { request as requestTls } from 'node:https'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { usageOf } from './accounting.ts'

const STOP_WITHIN_MS = 5000
const READY_WITHIN_MS = 20_000
const ASK_AGAIN_AFTER_MS = 50

/** A process of the run. */
export interface Child {
  readonly pid: number
  readonly core: number
  readonly process: ChildProcess
  /** The end of what it printed. */
  output(): string
  /** Asks it to end, and ends it if it does not within 5 s. */
  stop(): Promise<void>
}

/** The processes and files of one run. */
export class Children {
  /** Holds configurations and logs; gone after {@link close}. */
  readonly folder: string = mkdtempSync(join(tmpdir(), 'tacit-bench-'))
  readonly #taskset: string | undefined
  readonly #running = new Set<Child>()
  #started = 0

  constructor(taskset: string | undefined) {
    this.#taskset = taskset
  }

  /**
   * Starts a program on one core.
   * @param options.ipc opens a channel for messages
   * @param options.environment variables beside those of the run
   * @throws Error when it cannot be started
   */
  start(
    core: number,
    command: readonly string[],
    options: { readonly ipc?: boolean; readonly environment?: Readonly<Record<string, string>> } = {}
  ): Child {
    const [program = '', ...rest] = this.#taskset === undefined ? command : [this.#taskset, '-c', `${core}`, ...command]
    const log = join(this.folder, `${this.#started++}.log`)
    const out = openSync(log, 'a')
    const child = spawn(program, rest, {
      stdio: options.ipc === true ? ['ignore', out, out, 'ipc'] : ['ignore', out, out],
      env: { ...process.env, NODE_OPTIONS: '', NODE_ENV: 'production', ...options.environment }
    })
    closeSync(out)
    if (child.pid === undefined) throw new Error(`${command[0]} could not be started`)
    const started: Child = {
      pid: child.pid,
      core,
      process: child,
      output: () => readFileSync(log, 'utf8').slice(-2000),
      stop: () => {
        this.#running.delete(started)
        return stopped(child)
      }
    }
    this.#running.add(started)
    return started
  }

  /** CPU time of the processes on one core that are up, in µs. */
  cpuUs(core: number): number {
    let sumUs = 0
    for (const child of this.#running) {
      if (child.core === core && child.process.exitCode === null) sumUs += usageOf(child.pid).cpuUs
    }
    return sumUs
  }

  /** Ends every process that is left, and removes the folder. */
  async close(): Promise<void> {
    await Promise.all([...this.#running].map(child => child.stop()))
    rmSync(this.folder, { recursive: true, force: true })
  }
}

async function stopped(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = new Promise<void>(resolve => child.once('exit', () => resolve()))
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_WITHIN_MS)
  await gone
  clearTimeout(timer)
}

/** A port that was free a moment ago. Not every program under test can be given port 0 and asked what it got. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => {
        if (address === null || typeof address === 'string') reject(new Error('no port was given'))
        else resolve(address.port)
      })
    })
  })
}

/** A request that a server is asked to be ready for. */
export interface Ask {
  readonly method: string
  readonly path: string
  readonly headers: Record<string, string>
  readonly body: string
  /** Over TLS, with whatever certificate there is. */
  readonly isTls?: boolean
}

/**
 * Waits until a server answers the request with 200: that it listens is not enough.
 * @throws Error with what the child printed, when it ended or does not answer 200 in time
 */
export async function answers(child: Child, port: number, ask: Ask, withinMs: number = READY_WITHIN_MS): Promise<void> {
  const until = performance.now() + withinMs
  let last = 'no answer'
  while (performance.now() < until) {
    if (child.process.exitCode !== null) throw new Error(`ended before it answered:\n${child.output()}`)
    const status = await statusOf(port, ask, until - performance.now())
    if (status === 200) return
    last = status === undefined ? 'no answer' : `status ${status}`
    await sleep(ASK_AGAIN_AFTER_MS)
  }
  throw new Error(`did not answer 200 in time (${last}):\n${child.output()}`)
}

/** Status of the head; the body is not waited for, since it may be an endless stream. Undefined when there is none in time. */
function statusOf(port: number, ask: Ask, withinMs: number): Promise<number | undefined> {
  return new Promise(resolve => {
    const { method, path, headers } = ask
    const options = { host: '127.0.0.1', port, method, path, headers }
    const asked = ask.isTls === true ? requestTls({ ...options, rejectUnauthorized: false }) : request(options)
    asked.once('response', response => {
      resolve(response.statusCode)
      response.destroy()
    })
    asked.once('error', () => resolve(undefined))
    asked.setTimeout(withinMs, () => asked.destroy(new Error('no answer in time')))
    asked.end(ask.body)
  })
}
