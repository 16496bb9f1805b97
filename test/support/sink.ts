/** The receiving end of one transmission: writes down everything it is told. Knows nothing of the pipeline. */
import { errorCode } from '../../core/log.ts'
import type { Connections, OutgoingRequest, ResponseHeaders, ResponseSink } from '../../core/upstream/transport.ts'

/** What one transmission came to. */
export class TestSink implements ResponseSink {
  /** `sent`, `info 103`, `head 200`, `data 5` (bytes, added up), `end`, `failure CODE`. */
  readonly told: string[] = []
  status = 0
  headers: ResponseHeaders = {}
  body = Buffer.alloc(0)
  error: unknown
  readonly #waiting = new Map<string, () => void>()

  onSent(): void {
    this.#tell('sent')
  }

  onInformation(status: number): void {
    this.#tell(`info ${status}`)
  }

  onHead(status: number, headers: ResponseHeaders): void {
    this.status = status
    this.headers = headers
    this.#tell(`head ${status}`)
  }

  onData(chunk: Buffer): void {
    if (this.told.at(-1)?.startsWith('data ')) this.told.pop()
    this.body = Buffer.concat([this.body, chunk])
    this.#tell(`data ${this.body.length}`)
  }

  onEnd(): void {
    this.#tell('end')
  }

  onFailure(error: unknown): void {
    this.error = error
    this.#tell(`failure ${errorCode(error)}`)
  }

  /** Resolves when something that begins so is told, or has been; or when all is over. */
  async until(what: 'sent' | 'head' | 'data' | 'over'): Promise<this> {
    while (!this.told.some(entry => entry.startsWith(what)) && !this.#isOver()) {
      await new Promise<void>(resolve => this.#waiting.set(what, resolve))
    }
    return this
  }

  #isOver(): boolean {
    const last = this.told.at(-1) ?? ''
    return last === 'end' || last.startsWith('failure')
  }

  #tell(entry: string): void {
    this.told.push(entry)
    const waiting = [...this.#waiting.values()]
    this.#waiting.clear()
    for (const wake of waiting) wake()
  }
}

/** A request without anything special. */
export const GET: OutgoingRequest = { method: 'GET', path: '/', headers: [], body: null }

/** Sends {@link GET}, or what is given of another request, and waits until all is over. */
export async function ask(connections: Connections, request: Partial<OutgoingRequest> = {}): Promise<TestSink> {
  const sink = new TestSink()
  connections.send({ ...GET, ...request }, sink)
  return sink.until('over')
}
