/** Requests, responses and their bodies, as plugins see them. Types only. */
import type { StaticDecode, TSchema } from '@sinclair/typebox'
import type { MaybePromise } from '../plugin.ts'

/** The request as the client sent it. Only its body can be replaced. */
export interface DownstreamRequest {
  readonly method: string
  /** Path with query, exactly as received. */
  readonly target: string
  /** Address of the client, after `trustedProxies` is applied. */
  readonly clientIp: string
  readonly headers: HeadersView
  readonly body: RequestBody
}

/** The request as it will leave for one peer. Made afresh for each try. */
export interface UpstreamRequest {
  method: string
  target: string
  readonly headers: HeadersEditor
  readonly body: RequestBody
}

/** The response as it will reach the client. */
export interface DownstreamResponse {
  readonly source: 'upstream' | 'gateway'
  status: number
  readonly headers: HeadersEditor
  readonly body: ResponseBody
}

/** Header names are case-insensitive. */
export interface HeadersView {
  /** The value, or undefined. A repeated header is joined with `, ` (RFC 9110, 5.3). */
  get(name: string): string | undefined
  /** Each line by itself; for `set-cookie`. */
  getAll(name: string): readonly string[]
  entries(): Iterable<readonly [name: string, value: string]>
}

/** @throws GatewayError `TACIT_HEADER_INVALID` for a name or value that cannot be sent (RFC 9110, 5.1 and 5.5). */
export interface HeadersEditor extends HeadersView {
  set(name: string, value: string): void
  append(name: string, value: string): void
  delete(name: string): void
}

/**
 * Core collects the body just before the first plugin that declares
 * `request-body` runs (so after authentication), up to the route's `maxBody`;
 * from then on it is there and these calls do not wait. If nobody declares it,
 * it flows through untouched and every method throws `TACIT_DATA_UNDECLARED`.
 */
export interface RequestBody {
  bytes(): Uint8Array
  /** Parsed once for all. @throws Refusal 400 `invalid_json` or `invalid_body`, naming the field, never its value. */
  json<Schema extends TSchema>(schema: Schema): StaticDecode<Schema>
  /**
   * Values of a few top-level members, found without parsing the rest. Undefined where absent or not a scalar.
   * @throws Refusal 400 `invalid_json`, also where one of them stands there twice or in other letters, which parsers read
   * differently, or in needless escapes.
   */
  scan(names: readonly string[]): readonly (string | number | boolean | undefined)[]
  /** What later plugins and the upstream will see instead. */
  replace(content: Uint8Array | string): void
  /** Replaces ranges of bytes, ascending and apart, and keeps the rest as it was. */
  splice(edits: readonly { readonly start: number; readonly end: number; readonly text: string }[]): void
}

/**
 * Observers and transforms are told in this order: upstream tap, transforms from
 * the last plugin of the route to the first, client tap. Byte-equal unless
 * somebody changed something. Needs `response-body` in `data.reads`.
 */
export interface ResponseBody {
  /** Sees events (or, for other bodies, bytes) as the upstream sent them or as the client gets them, and changes none. */
  observe(observer: BodyObserver, at: 'upstream' | 'client'): void
  /** A body that is not a stream: collected up to `maxResponse`, then replaced by what this returns. Ignored for streams. */
  transformWhole(transform: (body: Uint8Array) => MaybePromise<Uint8Array>): void
  /** One server-sent event at a time; parsed once for all plugins. Ignored for other bodies. */
  transformEvents(transform: EventTransform): void
  transformBytes(transform: ByteTransform): void
}

/** Hot path: return nothing rather than a promise unless there is something to wait for. */
export interface ByteTransform {
  chunk(bytes: Uint8Array, out: (bytes: Uint8Array) => void): MaybePromise<void>
  /** After the last chunk of a body that ended well; not called when it was cut. */
  end(out: (bytes: Uint8Array) => void): MaybePromise<void>
}

/** Rewrites a stream event by event. An event that is not passed to `out` is gone. */
export interface EventTransform {
  event(event: SseEvent, out: (event: SseEvent) => void): MaybePromise<void>
  /** After the last event of a stream that ended well; not called when it was cut. */
  end(out: (event: SseEvent) => void): MaybePromise<void>
}

/** Looks on. What it throws fails the exchange like any phase. */
export interface BodyObserver {
  event?(event: SseEvent): void
  chunk?(bytes: Uint8Array): void
  /** `clean` is false when the body was cut by either side. */
  end(clean: boolean): void
}

/** One event (WHATWG HTML, 9.2). `data` and `json()` are made on first use; comments are kept but not shown. */
export interface SseEvent {
  /** `message` when the stream names none. */
  readonly type: string
  readonly raw: Uint8Array
  readonly data: string
  /** Parsed once; undefined when `data` is not JSON. */
  json(): unknown
  /** A copy with other data, same type and id. */
  with(data: string): SseEvent
}
