/**
 * Sends a load, by wrk where it is installed and by our own generator elsewhere. wrk takes a few µs of the load's core for
 * each request, so that even nginx is kept busy; our own takes about 25. Which one it was stands in the report.
 */
import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type Static, Type } from '@sinclair/typebox'
import type { Children } from '../harness/children.ts'
import { Helper } from '../harness/errands.ts'
import { LOAD_CORE, type Machine, versionOf } from '../harness/machine.ts'
import type { Load } from './chat-request.ts'
import { parseWrk, wrkScript } from './wrk.ts'

/** What came of a load. */
export const LoadResult = Type.Object({
  requests: Type.Integer({ description: 'Answered with 200.' }),
  errors: Type.Integer({ description: 'Answered otherwise, or not at all.' }),
  seconds: Type.Number(),
  p50Us: Type.Number(),
  p99Us: Type.Number(),
  p999Us: Type.Number()
})
export type LoadResult = Static<typeof LoadResult>

/** Sends loads, one or several at a time. */
export interface Generator {
  readonly name: string
  send(port: number, load: Load): Promise<LoadResult>
}

/** The best generator of this machine, or our own when asked for it. */
export function chooseGenerator(machine: Machine, children: Children, own: boolean): Generator {
  return machine.wrk === undefined || own ? new OwnGenerator(children) : new Wrk(machine.wrk, machine, children)
}

class Wrk implements Generator {
  readonly name: string
  readonly #machine: Machine
  readonly #path: string
  readonly #folder: string
  #scripts = 0

  constructor(path: string, machine: Machine, children: Children) {
    this.name = versionOf(path, '--version').split(' [')[0] ?? 'wrk'
    this.#path = path
    this.#machine = machine
    this.#folder = children.folder
  }

  async send(port: number, load: Load): Promise<LoadResult> {
    const script = join(this.#folder, `load-${this.#scripts++}.lua`)
    writeFileSync(script, wrkScript(load))
    const pinned = this.#machine.taskset === undefined ? [] : [this.#machine.taskset, '-c', `${LOAD_CORE}`]
    const sizes = ['-t1', `-c${load.connections}`, `-d${Math.max(1, Math.round(load.seconds))}s`]
    const url = `${load.isTls === true ? 'https' : 'http'}://127.0.0.1:${port}${load.path}`
    const [program = '', ...rest] = [...pinned, this.#path, ...sizes, '-s', script, url]
    const { stdout } = await promisify(execFile)(program, rest)
    return parseWrk(stdout)
  }
}

class OwnGenerator implements Generator {
  readonly name = 'own generator'
  readonly #children: Children
  /** One process per load under way, so that loads at the same time do not share a thread. Kept, since they are warm. */
  readonly #idle: Helper[] = []

  constructor(children: Children) {
    this.#children = children
  }

  async send(port: number, load: Load): Promise<LoadResult> {
    const file = new URL('./requests.ts', import.meta.url)
    const helper = this.#idle.pop() ?? new Helper(this.#children, LOAD_CORE, file)
    const result = await helper.ask('send', { port, load }, LoadResult)
    this.#idle.push(helper)
    return result
  }
}
