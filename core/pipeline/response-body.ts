/**
 * Where plugins attach their observers and transforms to a response body. Knows
 * nothing of how the body is sent.
 */
import { GatewayError } from '../errors.ts'
import type { BodyObserver, ByteTransform, EventTransform, MaybePromise, ResponseBody } from '../plugin.ts'
import type { FlowPlan, Transform } from './flows.ts'

/** What was attached to one response body. */
export class AttachedBody implements ResponseBody, FlowPlan {
  /** Whether the plugin that runs now has declared `response-body`. */
  readable = false
  readonly isEventStream: boolean
  readonly upstreamTaps: BodyObserver[] = []
  readonly clientTaps: BodyObserver[] = []
  readonly transforms: Transform[] = []
  readonly wholes: ((body: Uint8Array) => MaybePromise<Uint8Array>)[] = []

  constructor(isEventStream: boolean) {
    this.isEventStream = isEventStream
  }

  /** Whether nobody attached anything. */
  get isUntouched(): boolean {
    return !this.rewrites && this.upstreamTaps.length === 0 && this.clientTaps.length === 0
  }

  /** Whether the bytes may leave other than they came. */
  get rewrites(): boolean {
    return this.transforms.length > 0 || this.wholes.length > 0
  }

  observe(observer: BodyObserver, at: 'upstream' | 'client'): void {
    this.#check()
    const taps = at === 'upstream' ? this.upstreamTaps : this.clientTaps
    taps.push(observer)
  }

  transformWhole(transform: (body: Uint8Array) => MaybePromise<Uint8Array>): void {
    this.#check()
    if (!this.isEventStream) this.wholes.push(transform)
  }

  transformEvents(transform: EventTransform): void {
    this.#check()
    if (this.isEventStream) this.transforms.push({ over: 'events', transform })
  }

  transformBytes(transform: ByteTransform): void {
    this.#check()
    this.transforms.push({ over: 'bytes', transform })
  }

  /** Tells every observer that the body is over. */
  endObservers(clean: boolean): void {
    for (const observer of this.upstreamTaps) observer.end(clean)
    for (const observer of this.clientTaps) observer.end(clean)
  }

  #check(): void {
    if (this.readable) return
    throw new GatewayError(
      'TACIT_DATA_UNDECLARED',
      'A plugin attached to the response body without declaring it.',
      'Add `response-body` to `data.reads` of the plugin.'
    )
  }
}
