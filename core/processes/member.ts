/** One worker process, as its parent knows it. */
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Figures } from '../admin/figures.ts'
import { Calls } from './calls.ts'
import type { WorkerMethods } from './methods.ts'
import type { LentState } from './shared-state.ts'

/** The descriptor under which a worker process finds the shared socket. */
export const SHARED_DESCRIPTOR = 4

/** Time to end by itself, in ms. */
const END_MS = 5_000

/** What a process is started with. */
export interface MemberOptions {
  /** Descriptor of the bound socket in this process. */
  readonly descriptor: number
  readonly state: LentState
  /** Takes each line that it logs, with its line break. */
  readonly line: (line: string) => void
  /** Called once, when it has ended. */
  readonly ended: (code: number | null, signal: NodeJS.Signals | null) => void
}

/** A worker process. */
export class Member {
  readonly calls: Calls<WorkerMethods>
  /** Its latest page of metrics. */
  page = ''
  /** What it had done when it was asked last. */
  figures: Figures | undefined
  /** Resolves when it has ended. */
  readonly exited: Promise<void>
  readonly #child: ChildProcess

  constructor({ descriptor, state, line, ended }: MemberOptions) {
    const child = spawn(process.execPath, [...process.execArgv, program()], {
      stdio: ['ignore', 'pipe', 'inherit', 'ipc', descriptor],
      serialization: 'advanced'
    })
    this.#child = child
    this.calls = new Calls<WorkerMethods>(message => this.#send(message), {
      hold: (order: Parameters<LentState['hold']>[0]) => state.hold(order),
      settle: (order: Parameters<LentState['settle']>[0]) => state.settle(order),
      settleLeft: (order: Parameters<LentState['settleLeft']>[0]) => state.settleLeft(order),
      take: (order: Parameters<LentState['take']>[0]) => state.take(order),
      release: (order: Parameters<LentState['release']>[0]) => state.release(order),
      correct: (order: Parameters<LentState['correct']>[0]) => state.correct(order),
      end: (order: Parameters<LentState['end']>[0]) => state.end(order),
      readLimits: (order: Parameters<LentState['readLimits']>[0]) => state.readLimits(order),
      topUp: (order: Parameters<LentState['topUp']>[0]) => state.topUp(order),
      reset: (order: Parameters<LentState['reset']>[0]) => state.reset(order),
      get: (order: Parameters<LentState['get']>[0]) => state.get(order),
      set: (order: Parameters<LentState['set']>[0]) => state.set(order),
      increment: (order: Parameters<LentState['increment']>[0]) => state.increment(order)
    })
    child.on('message', message => this.calls.received(message))
    if (child.stdout !== null) createInterface(child.stdout).on('line', text => line(`${text}\n`))
    const exited = Promise.withResolvers<void>()
    this.exited = exited.promise
    let isOver = false
    const over = (code: number | null, signal: NodeJS.Signals | null) => {
      if (isOver) return
      isOver = true
      this.calls.end()
      state.loseAll()
      ended(code, signal)
      exited.resolve()
    }
    child.once('error', () => over(null, null))
    child.once('exit', over)
  }

  get pid(): number | undefined {
    return this.#child.pid
  }

  /** Ends it at once. */
  kill(): void {
    this.#child.kill('SIGKILL')
  }

  /** Lets it end, since it has nothing more to say, and waits until it has; not for ever. */
  async release(): Promise<void> {
    if (this.#child.connected) this.#child.disconnect()
    const overdue = setTimeout(() => this.kill(), END_MS)
    await this.exited
    clearTimeout(overdue)
  }

  #send(message: unknown): void {
    if (!this.#child.connected || typeof message !== 'object' || message === null) return
    // Its end is told by itself.
    this.#child.send(message, () => {})
  }
}

/** A published build has JavaScript. */
function program(): string {
  const source = fileURLToPath(new URL('./worker-main.ts', import.meta.url))
  return existsSync(source) ? source : source.replace(/\.ts$/, '.js')
}
