/** Endpoints: what a plugin lets people and programs ask of it, on the admin listener or on a route. Types only. */
import type { StaticDecode, TObject } from '@sinclair/typebox'
import type { MaybePromise } from '../plugin.ts'
import type { Consumer, Refusal } from './exchange.ts'

/**
 * Who may ask. `viewer` < `operator` < `owner` are roles of the admin listener: who looks, who changes how the
 * gateway runs, who decides over what is kept. `consumer` is whoever a route's plugins know as one.
 */
export type EndpointRole = 'consumer' | 'viewer' | 'operator' | 'owner'

/**
 * An endpoint as a definition declares it; what answers it is returned by `setup` under the same name. On the admin
 * listener it is found at `/plugins/<instance><path>`, on a route with `endpoints:` below the route's own path.
 * Requests that do not fit the schemas never reach the plugin, and answers that do not never leave.
 */
export interface Endpoint<
  Request extends TObject = TObject,
  Response extends TObject = TObject,
  Params extends TObject = TObject
> {
  /** `public` is served by routes that name the plugin in their `endpoints:`, behind that route's plugins. */
  readonly listener: 'admin' | 'public'
  /** GET changes nothing, and may be repeated by anybody on the way. */
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Such as `/usage/{consumer}`: lower-case segments, or a parameter as a whole segment. */
  readonly path: string
  /** The lowest role that may ask; `consumer` for `public`, and for nothing else. */
  readonly role: EndpointRole
  /** One sentence, for the OpenAPI description. */
  readonly summary: string
  /** The query of GET and DELETE, numbers and truths written out; the JSON body of the others. None, if not given. */
  readonly request?: Request
  /** One text for each parameter of `path`. Default: an id as configurations write it. */
  readonly params?: Params
  /** The JSON of the answer. Every member is declared: what is not cannot be sent. */
  readonly response: Response
  /**
   * Of an endpoint that answers with a list: `rows` is the member that holds it, of flat objects. Who accepts `text/csv`
   * or `application/x-ndjson` is sent the list alone. `next` is the member with the `cursor` of the next page, told as a
   * link then.
   */
  readonly table?: { readonly rows: string; readonly next?: string }
  /** Of an answer. Default: 200. */
  readonly status?: 200 | 201 | 202
  /**
   * On the admin listener: whether reading is noted as well, as a row of `core.audit`. Endpoints that change something
   * are noted in any case. Members `consumer`, `group` and `key` of a request say whom it was about.
   */
  readonly isAudited?: boolean
  /** Largest body of a request. Default: 64 KiB, at most 1 MiB. A route's `maxBody` holds as well. */
  readonly maxBytes?: number
}

/** The endpoints of a plugin by name. */
export type EndpointTable = Readonly<Record<string, Endpoint>>

/** One request to an endpoint, checked. */
export interface EndpointCall<Input = unknown, Params = Readonly<Record<string, string>>> {
  /** Id of the consumer, or of the admin token; `anonymous` for who looks from the gateway's own machine without one. */
  readonly actor: string
  /** What the actor may do: at least what the endpoint asks for. */
  readonly role: EndpointRole
  /** Who calls, on a route. */
  readonly consumer: Consumer | undefined
  readonly input: Input
  readonly params: Params
}

/** What answers one endpoint. Refuse with `host.refuse`; what is thrown is answered 500 and told in the log. */
export type EndpointHandler<Shape extends Endpoint = Endpoint> = (
  call: EndpointCall<
    Shape extends { readonly request: infer Request extends TObject } ? StaticDecode<Request> : Record<never, never>,
    Shape extends { readonly params: infer Params extends TObject }
      ? StaticDecode<Params>
      : Readonly<Record<string, string>>
  >
) => MaybePromise<StaticDecode<Shape['response']> | Refusal>

/** What `setup` returns besides phases: one function for each declared endpoint. */
export type EndpointHandlers<Endpoints extends EndpointTable> = string extends keyof Endpoints
  ? { readonly endpoints?: Readonly<Record<string, (call: EndpointCall) => unknown>> }
  : [keyof Endpoints] extends [never]
    ? unknown
    : { readonly endpoints: { readonly [Name in keyof Endpoints]: EndpointHandler<Endpoints[Name]> } }
