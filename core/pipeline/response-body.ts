/**
 * Where plugins attach their observers and transforms to a response body. Knows
 * nothing of how the body is sent.
 */
import { GatewayError } from '../errors.ts'
import type { BodyObserver, ByteTransform, EventTransform, MaybePromise, ResponseBody } from '../plugin.ts'
import type { FlowPlan, Transform } from './flows.ts'
import type { Step } from './plan.ts'

/** What was attached to one response body. */
export class AttachedBody implements ResponseBody, FlowPlan {
  /** Whether the plugin that runs now has declared `response-body`. */
  readable = false
  readonly isEventStream: boolean
  readonly upstreamTaps: BodyObserver[] = []
  readonly clientTaps: BodyObserver[] = []
  readonly transforms: Transform[] = []
  /** Whether somebody wants the body as a whole, so that nothing can leave before its end. */
  isCollected = false
  readonly #turn: Turn
  #hasEnded = false

  /** @param turn is told whose turn it is before anything is called that a plugin attached. */
  constructor(isEventStream: boolean, turn: Turn = { step: undefined }) {
    this.isEventStream = isEventStream
    this.#turn = turn
  }

  /** Whether nobody attached anything. */
  get isUntouched(): boolean {
    return !this.rewrites && this.upstreamTaps.length === 0 && this.clientTaps.length === 0
  }

  /** Whether the bytes may leave other than they came. */
  get rewrites(): boolean {
    return this.transforms.length > 0
  }

  observe(observer: BodyObserver, at: 'upstream' | 'client'): void {
    const enter = this.#entered()
    const { step } = this.#turn
    const heard = (result: unknown): void => {
      // Nobody waits for an observer that is an async function, but somebody has to hear it fail.
      if (result instanceof Promise) result.catch((error: unknown) => this.#turn.failedLate?.(step, error))
    }
    const taps = at === 'upstream' ? this.upstreamTaps : this.clientTaps
    taps.push({
      event: event => {
        enter()
        heard(observer.event?.(event))
      },
      chunk: bytes => {
        enter()
        heard(observer.chunk?.(bytes))
      },
      end: clean => {
        enter()
        heard(observer.end(clean))
      }
    })
  }

  transformWhole(transform: (body: Uint8Array) => MaybePromise<Uint8Array>): void {
    const enter = this.#entered()
    if (this.isEventStream) return
    this.isCollected = true
    this.transforms.push({
      over: 'whole',
      transform: body => {
        enter()
        return transform(body)
      }
    })
  }

  transformEvents(transform: EventTransform): void {
    const enter = this.#entered()
    if (!this.isEventStream) return
    this.transforms.push({
      over: 'events',
      transform: {
        event: (event, out) => {
          enter()
          return transform.event(event, out)
        },
        end: out => {
          enter()
          return transform.end(out)
        }
      }
    })
  }

  transformBytes(transform: ByteTransform): void {
    const enter = this.#entered()
    this.transforms.push({
      over: 'bytes',
      transform: {
        chunk: (bytes, out) => {
          enter()
          return transform.chunk(bytes, out)
        },
        end: out => {
          enter()
          return transform.end(out)
        }
      }
    })
  }

  /**
   * Tells every observer that the body is over, once.
   * @throws What the first of them threw that did, after all were told.
   */
  endObservers(clean: boolean): void {
    if (this.#hasEnded) return
    this.#hasEnded = true
    const errors: unknown[] = []
    for (const observer of [...this.upstreamTaps, ...this.clientTaps]) {
      try {
        observer.end(clean)
      } catch (error) {
        errors.push(error)
      }
    }
    if (errors.length > 0) throw errors[0]
  }

  /**
   * What makes it the turn again of the plugin that runs now.
   * @throws GatewayError `TACIT_DATA_UNDECLARED` for one that did not declare `response-body`.
   */
  #entered(): () => void {
    if (!this.readable) {
      throw new GatewayError(
        'TACIT_DATA_UNDECLARED',
        'A plugin attached to the response body without declaring it.',
        'Add `response-body` to `data.reads` of the plugin.'
      )
    }
    const turn = this.#turn
    const { step } = turn
    return () => {
      turn.step = step
    }
  }
}

/** Whose turn it is: what is logged or fails is ascribed to that plugin. */
export interface Turn {
  step: Step | undefined
  /** What a plugin attached has failed after it was called. */
  failedLate?(step: Step | undefined, error: unknown): void
}
