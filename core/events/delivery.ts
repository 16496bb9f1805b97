/**
 * Hands events to webhooks: signed, one after the other for each subject, again
 * and again with growing pauses until they are taken or too many tries have
 * failed. Knows nothing of what events mean, and keeps nothing: what waits is in
 * the outbox.
 */
import type { Clock } from '../clock.ts'
import type { WebhookConfiguration } from '../configuration/webhooks-schema.ts'
import { errorCode } from '../log/error-code.ts'
import type { Host } from '../plugin.ts'
import type { DueEvent, Settlement } from '../records/outbox.ts'
import { pauseMs } from './backoff.ts'
import { signedHeaders } from './signature.ts'

/** What waits, as far as deliveries are concerned with it. */
export interface WaitingEvents {
  due(webhook: string, now: number, limit: number): Promise<readonly DueEvent[]>
  settle(settlements: readonly Settlement[]): Promise<void>
}

/** What deliveries are made with. */
export interface DeliveryParts {
  readonly clock: Clock
  readonly random: () => number
  readonly outbox: WaitingEvents
  /** Calls under the egress rules, which may reach private addresses only where the webhook says so. */
  readonly fetchFor: (webhook: WebhookConfiguration) => Host['fetch']
  /** Told of each try: the webhook and `ok`, `retry` or `dead`. */
  readonly tried?: (webhook: string, outcome: 'ok' | 'retry' | 'dead', code: string) => void
}

/** Tries under way at one webhook. */
const MAX_UNDER_WAY = 8
/** Largest answer that is read, in bytes; nothing in it is looked at. */
const MAX_ANSWER_BYTES = 65_536

/** Hands events to one webhook. */
export class Delivery {
  readonly #webhook: WebhookConfiguration
  readonly #parts: DeliveryParts
  readonly #fetch: Host['fetch']
  #pumping: Promise<void> | undefined
  #isClosed = false

  constructor(webhook: WebhookConfiguration, parts: DeliveryParts) {
    this.#webhook = webhook
    this.#parts = parts
    this.#fetch = parts.fetchFor(webhook)
  }

  /** Hands over everything that is due. Resolves when nothing is due any more; who asks meanwhile waits for the same. */
  pump(): Promise<void> {
    this.#pumping ??= this.#pump().finally(() => {
      this.#pumping = undefined
    })
    return this.#pumping
  }

  /** Begins no further try. */
  close(): void {
    this.#isClosed = true
  }

  async #pump(): Promise<void> {
    while (!this.#isClosed) {
      const due = await this.#parts.outbox.due(this.#webhook.id, this.#parts.clock.now(), MAX_UNDER_WAY)
      if (due.length === 0) return
      await this.#parts.outbox.settle(await Promise.all(due.map(event => this.#try(event))))
    }
  }

  async #try(event: DueEvent): Promise<Settlement> {
    const { id: webhook, url, secret, timeout, attempts: mostAttempts } = this.#webhook
    const { clock, random, tried } = this.#parts
    const timestamp = new Date(event.at).toISOString()
    const body = `{"type":${JSON.stringify(event.name)},"timestamp":"${timestamp}","data":${event.data}}`
    const headers = signedHeaders(secret.reveal(), event.id, clock.now(), body)
    const code = await this.#send(url, headers, body, timeout)
    const base = { webhook, seq: event.seq, dueAt: 0, code }
    if (code === '') {
      tried?.(webhook, 'ok', code)
      return { ...base, outcome: 'delivered' }
    }
    const attempts = event.attempts + 1
    const outcome = attempts >= mostAttempts ? 'dead' : 'retry'
    tried?.(webhook, outcome, code)
    return { ...base, outcome, dueAt: Math.ceil(clock.now() + pauseMs(attempts, random)) }
  }

  /** @returns why it was not taken; `''` when it was. */
  async #send(url: string, headers: Record<string, string>, body: string, timeoutMs: number): Promise<string> {
    try {
      const options = { method: 'POST', headers, body, timeoutMs, maxBytes: MAX_ANSWER_BYTES }
      const { status } = await this.#fetch(url, options)
      return status >= 200 && status < 300 ? '' : `HTTP_${status}`
    } catch (error) {
      return errorCode(error)
    }
  }
}
