/** The reader of event streams, as scenarios ask it. The work is done in a process of its own, `streams.ts`. */
import { type Static, Type } from '@sinclair/typebox'
import type { Children } from '../harness/children.ts'
import { Helper } from '../harness/errands.ts'
import { LOAD_CORE } from '../harness/machine.ts'
import { CHAT_PATH, type Running } from '../subjects/subject.ts'

const Opened = Type.Object({ firstByteP50Us: Type.Number() })
const Counted = Type.Object({
  events: Type.Integer(),
  merged: Type.Integer(),
  broken: Type.Integer(),
  p50Us: Type.Number(),
  p99Us: Type.Number(),
  p999Us: Type.Number()
})
/** What came of opening streams. */
export type Opened = Static<typeof Opened>
/** What was counted in a window. `merged`: arrived in one read with an earlier event of the same stream. */
export type Counted = Static<typeof Counted>

/** Reads streams through one subject after another. */
export class StreamClient {
  readonly #helper: Helper

  constructor(children: Children) {
    this.#helper = new Helper(children, LOAD_CORE, new URL('./streams.ts', import.meta.url))
  }

  /** Opens streams beside those that are open. @throws Error when one has no event within a minute */
  open({ port, headers = {} }: Running, streams: number): Promise<Opened> {
    return this.#helper.ask('open', { port, path: CHAT_PATH, streams, headers }, Opened)
  }

  /** Forgets what was counted so far. */
  async begin(): Promise<void> {
    await this.#helper.ask('begin', null, Type.Null())
  }

  /** What was counted since the beginning. */
  end(): Promise<Counted> {
    return this.#helper.ask('end', null, Counted)
  }

  /** Closes all streams. */
  async close(): Promise<void> {
    await this.#helper.ask('close', null, Type.Null())
  }

  stop(): Promise<void> {
    return this.#helper.stop()
  }
}
