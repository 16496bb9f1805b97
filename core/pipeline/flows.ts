/**
 * What a response body flows through between the upstream and the client: taps
 * that look on and transforms that rewrite, over bytes or over events, in order
 * and one item at a time. Synchronous as long as nobody waits.
 */
import { coreRefusal } from '../errors.ts'
import type { BodyObserver, ByteTransform, EventTransform, MaybePromise, SseEvent } from '../plugin.ts'
import { Pieces } from './pieces.ts'
import { EventCutter } from './sse.ts'

/** Takes items in order. A promise means: send no more until it is settled. */
export interface Flow<Item> {
  push(item: Item): MaybePromise<void>
  /** After the last item of a body that ended well. */
  end(): MaybePromise<void>
}

/** Whether a phase or a flow wants to be waited for. */
export function isPromise<Value>(value: MaybePromise<Value>): value is Promise<Value> {
  return typeof value === 'object' && value !== null && 'then' in value
}

/** What is remembered and looked at later may fail meanwhile, when nobody listens yet. */
function remembered<Value>(wait: Promise<Value>): Promise<Value> {
  wait.catch(() => {})
  return wait
}

/** A transform with the flow behind it. What arrives while it waits is queued. */
export class TransformFlow<Item> implements Flow<Item> {
  readonly #work: (item: Item, out: (item: Item) => void) => MaybePromise<void>
  readonly #last: (out: (item: Item) => void) => MaybePromise<void>
  readonly #next: Flow<Item>
  readonly #out: (item: Item) => void
  readonly #queue: Item[] = []
  #running: Promise<void> | undefined
  #downstream: Promise<void> | undefined

  constructor(
    work: (item: Item, out: (item: Item) => void) => MaybePromise<void>,
    last: (out: (item: Item) => void) => MaybePromise<void>,
    next: Flow<Item>
  ) {
    this.#work = work
    this.#last = last
    this.#next = next
    this.#out = item => {
      const wait = this.#next.push(item)
      if (isPromise(wait)) this.#downstream = remembered(wait)
    }
  }

  push(item: Item): MaybePromise<void> {
    if (this.#running !== undefined) {
      this.#queue.push(item)
      return this.#running
    }
    const wait = this.#one(item)
    if (!isPromise(wait)) return
    this.#running = wait.then(() => this.#rest())
    return this.#running
  }

  end(): MaybePromise<void> {
    if (this.#running !== undefined) return this.#running.then(() => this.end())
    const wait = this.#last(this.#out)
    if (isPromise(wait)) return wait.then(() => this.#endNext())
    return this.#endNext()
  }

  #one(item: Item): MaybePromise<void> {
    const wait = this.#work(item, this.#out)
    return isPromise(wait) ? wait.then(() => this.#takeDownstream()) : this.#takeDownstream()
  }

  async #rest(): Promise<void> {
    for (;;) {
      const item = this.#queue.shift()
      if (item === undefined) break
      await this.#one(item)
    }
    this.#running = undefined
  }

  /** The last promise that a later flow gave: flows keep their order, so it covers those before it. */
  #takeDownstream(): MaybePromise<void> {
    const wait = this.#downstream
    this.#downstream = undefined
    return wait
  }

  #endNext(): MaybePromise<void> {
    const wait = this.#takeDownstream()
    return isPromise(wait) ? wait.then(() => this.#next.end()) : this.#next.end()
  }
}

/** Collects a body, and passes on what becomes of the whole. */
export class WholeFlow implements Flow<Uint8Array> {
  readonly #transform: (body: Uint8Array) => MaybePromise<Uint8Array>
  readonly #next: Flow<Uint8Array>
  readonly #pieces = new Pieces()

  constructor(transform: (body: Uint8Array) => MaybePromise<Uint8Array>, next: Flow<Uint8Array>) {
    this.#transform = transform
    this.#next = next
  }

  push(bytes: Uint8Array): void {
    this.#pieces.add(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength))
  }

  end(): MaybePromise<void> {
    const body = this.#transform(this.#pieces.whole())
    return isPromise(body) ? body.then(bytes => this.#pass(bytes)) : this.#pass(body)
  }

  #pass(body: Uint8Array): MaybePromise<void> {
    const wait = body.length === 0 ? undefined : this.#next.push(body)
    return isPromise(wait) ? wait.then(() => this.#next.end()) : this.#next.end()
  }
}

/** Shows every item to observers, then passes it on. */
export class TapFlow<Item> implements Flow<Item> {
  readonly #look: (item: Item) => void
  #next: Flow<Item> | null

  constructor(look: (item: Item) => void, next: Flow<Item> | null) {
    this.#look = look
    this.#next = next
  }

  push(item: Item): MaybePromise<void> {
    this.#look(item)
    return this.#next?.push(item)
  }

  end(): MaybePromise<void> {
    return this.#next?.end()
  }

  /** From now on items are only looked at. */
  detach(): void {
    this.#next = null
  }
}

/**
 * Bytes in, events out. An event that the stream's end left open goes out as it is.
 * An event that is too long to be kept ends the flow with Refused `response_too_large`.
 */
export class CutFlow implements Flow<Uint8Array> {
  readonly #cutter = new EventCutter()
  readonly #next: Flow<SseEvent>
  readonly #each: (event: SseEvent) => void
  #wait: Promise<void> | undefined

  constructor(next: Flow<SseEvent>) {
    this.#next = next
    this.#each = event => {
      const wait = this.#next.push(event)
      if (isPromise(wait)) this.#wait = remembered(wait)
    }
  }

  push(bytes: Uint8Array): MaybePromise<void> {
    if (!this.#cutter.push(bytes, this.#each)) throw coreRefusal('response_too_large')
    const wait = this.#wait
    this.#wait = undefined
    return wait
  }

  end(): MaybePromise<void> {
    const rest = this.#cutter.takeRest()
    const wait = rest === undefined ? undefined : this.#next.push(rest)
    return isPromise(wait) ? wait.then(() => this.#next.end()) : this.#next.end()
  }
}

/** Events in, their bytes out: an event that nobody changed leaves with its own. */
export class JoinFlow implements Flow<SseEvent> {
  readonly #next: Flow<Uint8Array>

  constructor(next: Flow<Uint8Array>) {
    this.#next = next
  }

  push(event: SseEvent): MaybePromise<void> {
    return this.#next.push(event.raw)
  }

  end(): MaybePromise<void> {
    return this.#next.end()
  }
}

/** One thing that a plugin attached to a response body. */
export type Transform =
  | { readonly over: 'events'; readonly transform: EventTransform }
  | { readonly over: 'bytes'; readonly transform: ByteTransform }
  | { readonly over: 'whole'; readonly transform: (body: Uint8Array) => MaybePromise<Uint8Array> }

/** What a response body flows through, first to last. */
export interface FlowPlan {
  readonly isEventStream: boolean
  readonly upstreamTaps: readonly BodyObserver[]
  readonly transforms: readonly Transform[]
  readonly clientTaps: readonly BodyObserver[]
}

/** A flow whose observers at the upstream's side can be left alone with it. */
export interface BuiltFlow {
  readonly flow: Flow<Uint8Array>
  /** The client has gone: transforms stop, observers of the upstream go on. */
  detach(): void
}

/**
 * Strings everything together in front of `sink`. Without transforms the flow
 * only looks on and `sink` gets nothing: the caller sends the bytes itself, so
 * that no observer delays them.
 */
export function buildFlow(plan: FlowPlan, sink: Flow<Uint8Array>): BuiltFlow {
  const { isEventStream, upstreamTaps, transforms, clientTaps } = plan
  const passes = transforms.length > 0
  // Built from the client's side; `bytes` or `events` is what the next flow takes.
  let head: Head = { over: 'bytes', flow: passes ? sink : NOWHERE }
  if (clientTaps.length > 0) head = tap(isEventStream, clientTaps, head)
  for (const entry of transforms.toReversed()) head = withTransform(entry, head)
  const outer = tap(isEventStream, upstreamTaps, head)
  return { flow: asBytes(outer), detach: () => outer.flow.detach() }
}

type Head =
  | { readonly over: 'bytes'; readonly flow: Flow<Uint8Array> }
  | { readonly over: 'events'; readonly flow: Flow<SseEvent> }

type TapHead =
  | { readonly over: 'bytes'; readonly flow: TapFlow<Uint8Array> }
  | { readonly over: 'events'; readonly flow: TapFlow<SseEvent> }

function withTransform(entry: Transform, head: Head): Head {
  if (entry.over === 'events') {
    const { transform } = entry
    const work = (event: SseEvent, out: (event: SseEvent) => void) => transform.event(event, out)
    return { over: 'events', flow: new TransformFlow<SseEvent>(work, out => transform.end(out), asEvents(head)) }
  }
  if (entry.over === 'whole') return { over: 'bytes', flow: new WholeFlow(entry.transform, asBytes(head)) }
  const { transform } = entry
  const work = (bytes: Uint8Array, out: (bytes: Uint8Array) => void) => transform.chunk(bytes, out)
  return { over: 'bytes', flow: new TransformFlow<Uint8Array>(work, out => transform.end(out), asBytes(head)) }
}

const NOWHERE: Flow<Uint8Array> = { push: () => {}, end: () => {} }

function tap(isEventStream: boolean, observers: readonly BodyObserver[], head: Head): TapHead {
  if (isEventStream) {
    const look = (event: SseEvent) => {
      for (const observer of observers) observer.event?.(event)
    }
    return { over: 'events', flow: new TapFlow(look, asEvents(head)) }
  }
  const look = (bytes: Uint8Array) => {
    for (const observer of observers) observer.chunk?.(bytes)
  }
  return { over: 'bytes', flow: new TapFlow(look, asBytes(head)) }
}

function asBytes(head: Head): Flow<Uint8Array> {
  return head.over === 'bytes' ? head.flow : new CutFlow(head.flow)
}

function asEvents(head: Head): Flow<SseEvent> {
  return head.over === 'events' ? head.flow : new JoinFlow(head.flow)
}
