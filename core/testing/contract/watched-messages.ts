/**
 * Requests and responses that tell what a plugin does with them, and otherwise
 * behave as the pipeline's own. Decides nothing: who is told judges.
 */
import { isPromise } from '../../pipeline/flows.ts'
import type {
  BodyObserver,
  DownstreamRequest,
  DownstreamResponse,
  HeadersEditor,
  HeadersView,
  MaybePromise,
  RequestBody,
  ResponseBody,
  SseEvent,
  UpstreamRequest
} from '../../plugin.ts'

/** Is told what a plugin does. */
export interface Watcher {
  /** A header of a request was read; its name in lower case. */
  readHeader(name: string): void
  /** A body was touched. */
  touched(body: 'request-body' | 'response-body'): void
  /** Runs what a plugin attached to a body. */
  call<Value>(where: string, work: () => MaybePromise<Value>): MaybePromise<Value>
  /** Runs what is not the plugin's, in the middle of what is. */
  aside(work: () => void): void
  /** Something was passed on after the turn in which it could be. */
  passedLate(where: string): void
  /** An observer changed what it was shown. */
  changed(where: string): void
}

/** A client's request under watch. */
export function watchedRequest(request: DownstreamRequest, watcher: Watcher): DownstreamRequest {
  const { method, target, clientIp } = request
  const body = watchedRequestBody(request.body, watcher)
  return { method, target, clientIp, headers: watchedView(request.headers, watcher), body }
}

/** A request to a peer under watch. */
export function watchedUpstreamRequest(request: UpstreamRequest, watcher: Watcher): UpstreamRequest {
  return {
    get method() {
      return request.method
    },
    set method(method) {
      request.method = method
    },
    get target() {
      return request.target
    },
    set target(target) {
      request.target = target
    },
    headers: watchedEditor(request.headers, watcher),
    body: watchedRequestBody(request.body, watcher)
  }
}

/** A response under watch. */
export function watchedResponse(response: DownstreamResponse, watcher: Watcher): DownstreamResponse {
  const { source, headers } = response
  return {
    source,
    headers,
    get status() {
      return response.status
    },
    set status(status) {
      response.status = status
    },
    body: watchedResponseBody(response.body, watcher)
  }
}

function watchedView(headers: HeadersView, watcher: Watcher): HeadersView {
  return {
    get(name) {
      watcher.readHeader(name.toLowerCase())
      return headers.get(name)
    },
    getAll(name) {
      watcher.readHeader(name.toLowerCase())
      return headers.getAll(name)
    },
    *entries() {
      for (const entry of headers.entries()) {
        watcher.readHeader(entry[0].toLowerCase())
        yield entry
      }
    }
  }
}

function watchedEditor(headers: HeadersEditor, watcher: Watcher): HeadersEditor {
  return {
    ...watchedView(headers, watcher),
    set: (name, value) => headers.set(name, value),
    append: (name, value) => headers.append(name, value),
    delete: name => headers.delete(name)
  }
}

function watchedRequestBody(body: RequestBody, watcher: Watcher): RequestBody {
  const touched = () => watcher.touched('request-body')
  return {
    bytes() {
      touched()
      return body.bytes()
    },
    json(schema) {
      touched()
      return body.json(schema)
    },
    scan(names) {
      touched()
      return body.scan(names)
    },
    replace(content) {
      touched()
      body.replace(content)
    },
    splice(edits) {
      touched()
      body.splice(edits)
    }
  }
}

function watchedResponseBody(body: ResponseBody, watcher: Watcher): ResponseBody {
  const touched = () => watcher.touched('response-body')
  return {
    observe(observer, at) {
      touched()
      body.observe(watchedObserver(observer, watcher), at)
    },
    transformWhole(transform) {
      touched()
      body.transformWhole(whole => watcher.call('transformWhole', () => transform(whole)))
    },
    transformEvents(transform) {
      touched()
      body.transformEvents({
        event: (event, out) => inTurn<SseEvent>('event', out, watcher, pass => transform.event(event, pass)),
        end: out => inTurn<SseEvent>('end', out, watcher, pass => transform.end(pass))
      })
    },
    transformBytes(transform) {
      touched()
      body.transformBytes({
        chunk: (bytes, out) => inTurn<Uint8Array>('chunk', out, watcher, pass => transform.chunk(bytes, pass)),
        end: out => inTurn<Uint8Array>('end', out, watcher, pass => transform.end(pass))
      })
    }
  }
}

/** Calls a transform with an `out` that ends with its turn. */
function inTurn<Item>(
  where: string,
  out: (item: Item) => void,
  watcher: Watcher,
  work: (out: (item: Item) => void) => MaybePromise<void>
): MaybePromise<void> {
  let isOver = false
  const over = () => {
    isOver = true
  }
  const pass = (item: Item) => {
    if (isOver) watcher.passedLate(where)
    watcher.aside(() => out(item))
  }
  const wait = watcher.call(where, () => work(pass))
  if (isPromise(wait)) return wait.finally(over)
  over()
}

function watchedObserver(observer: BodyObserver, watcher: Watcher): BodyObserver {
  const unchanged = (where: string, bytes: Uint8Array, work: () => void) => {
    const before = Buffer.from(bytes)
    work()
    if (!before.equals(bytes)) watcher.changed(where)
  }
  return {
    event: event =>
      unchanged('event', event.raw, () => void watcher.call('observer.event', () => observer.event?.(event))),
    chunk: bytes => unchanged('chunk', bytes, () => void watcher.call('observer.chunk', () => observer.chunk?.(bytes))),
    end: clean => void watcher.call('observer.end', () => observer.end(clean))
  }
}
