/**
 * Spans on their way to a collector: a queue that has an end, and batches that
 * leave it now and then. Nobody ever waits for it, and what it cannot send it
 * counts. Knows nothing of what spans tell.
 */
import { rejectedSpans, type Span } from './otlp.ts'

/** What became of spans. */
export type Outcome = 'sent' | 'rejected' | 'dropped' | 'failed'

/** What an exporter is made with. */
export interface ExporterOptions {
  /** Spans that wait at most; more are dropped. */
  readonly maxQueue: number
  /** Spans of one export at most. */
  readonly maxBatch: number
  encode(spans: readonly Span[]): string
  /** Sends one export. */
  send(body: string): Promise<{ readonly status: number; readonly body: Uint8Array }>
  /** Counts. */
  count(outcome: Outcome, spans: number): void
}

/** Tries of one batch, one for each time that the queue is emptied. */
const MAX_TRIES = 3
/** Answers after which the same export may be tried again (OTLP/HTTP, "Failures"). */
const RETRYABLE: ReadonlySet<number> = new Set([429, 502, 503, 504])

/** The queue in front of a collector. */
export class Exporter {
  readonly #options: ExporterOptions
  #queue: Span[] = []
  /** A batch that could not be sent, and how often that was tried. */
  #kept: { readonly spans: readonly Span[]; tries: number } | undefined
  #flushing: Promise<void> | undefined
  #isFailing = false

  constructor(options: ExporterOptions) {
    this.#options = options
  }

  /** Whether the last export did not arrive. */
  get isFailing(): boolean {
    return this.#isFailing
  }

  /** Spans that wait. */
  get waiting(): number {
    return this.#queue.length + (this.#kept?.spans.length ?? 0)
  }

  /** Takes spans, if there is room for them all. */
  add(spans: readonly Span[]): void {
    const { maxQueue, count } = this.#options
    if (this.waiting + spans.length > maxQueue) count('dropped', spans.length)
    else this.#queue.push(...spans)
  }

  /** Sends what waits, until the collector fails or nothing is left. Never rejects. */
  flush(): Promise<void> {
    this.#flushing ??= this.#flush().finally(() => {
      this.#flushing = undefined
    })
    return this.#flushing
  }

  /** Sends what waits for the last time; what does not arrive is counted. */
  async close(): Promise<void> {
    await this.flush()
    if (this.waiting > 0) this.#options.count('failed', this.waiting)
    this.#queue = []
    this.#kept = undefined
  }

  async #flush(): Promise<void> {
    for (;;) {
      this.#kept ??= this.#next()
      if (this.#kept === undefined || !(await this.#sent(this.#kept))) return
      this.#kept = undefined
    }
  }

  #next(): { readonly spans: readonly Span[]; tries: number } | undefined {
    const spans = this.#queue.splice(0, this.#options.maxBatch)
    return spans.length === 0 ? undefined : { spans, tries: 0 }
  }

  /** @returns whether the batch is done with, sent or not. */
  async #sent(batch: { readonly spans: readonly Span[]; tries: number }): Promise<boolean> {
    const { encode, send, count } = this.#options
    const { spans } = batch
    batch.tries++
    let mayRetry = true
    try {
      const { status, body } = await send(encode(spans))
      mayRetry = RETRYABLE.has(status)
      if (status >= 200 && status < 300) {
        const rejected = Math.min(rejectedSpans(body), spans.length)
        if (rejected > 0) count('rejected', rejected)
        count('sent', spans.length - rejected)
        this.#isFailing = false
        return true
      }
    } catch {
      // A collector that cannot be reached may be there the next time.
    }
    this.#isFailing = true
    if (mayRetry && batch.tries < MAX_TRIES) return false
    count('failed', spans.length)
    this.#kept = undefined
    return false
  }
}
