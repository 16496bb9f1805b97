/**
 * The admin listener: whether the gateway lives, whether it should get requests,
 * its metrics, the endpoints of core and of plugins, and a page that shows them.
 * On the loopback unless the operator says otherwise.
 */
import { randomUUID } from 'node:crypto'
import { isIP } from 'node:net'
import Fastify, { type FastifyError, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import type { Clock } from '../clock.ts'
import { callEndpoint, DEFAULT_MAX_BYTES, takesBody } from '../endpoints/call.ts'
import { MOST_BYTES } from '../endpoints/definition.ts'
import type { InputProblem } from '../endpoints/input.ts'
import { PROBLEM_TYPE, problemBody } from '../endpoints/problem.ts'
import { endpointRefusal } from '../endpoints/reasons.ts'
import { mayDo } from '../endpoints/roles.ts'
import type { FoundEndpoint, ServedEndpoints } from '../endpoints/served.ts'
import { GatewayError, Refused } from '../errors.ts'
import { errorCode } from '../log.ts'
import type { Health } from '../plugin.ts'
import { type Actor, AdminAccess, type AdminToken, isLoopback } from './admin-access.ts'
import { hostName, isAuthority } from './authority.ts'
import { bind } from './binding.ts'

/** A file of the page, as it is sent. */
export interface PageFile {
  /** Such as `/page.js`; `/` for the page itself. */
  readonly path: string
  readonly type: string
  readonly body: string
}

/** What the admin listener shows. */
export interface AdminOptions {
  /** Decoded `admin:` block. */
  readonly admin: { readonly host: string; readonly port: number }
  /** The tokens as they stand now. */
  readonly tokens: () => readonly AdminToken[]
  readonly clock: Clock
  /** Digests a token with the gateway's key. */
  readonly digest: (token: string) => string
  /** False before the listener is open, and once the gateway was told to stop. */
  readonly isReady: () => boolean
  /** Health of every plugin instance that tells it, by name. */
  readonly health: () => Promise<Readonly<Record<string, Health>>>
  /** Prometheus text exposition format 0.0.4. */
  readonly metrics: () => Promise<string> | string
  /** The endpoints as they stand now. */
  readonly endpoints: () => ServedEndpoints
  readonly page: readonly PageFile[]
  /** Somebody who is known has asked an endpoint for something, and was answered or refused. */
  readonly acted: (call: ActedCall) => void
  /** A token was refused. */
  readonly refused: (reason: string) => void
  readonly failed: (code: string) => void
  /** Descriptor of a bound socket to listen on, in place of the address. */
  readonly inherited?: number | undefined
}

/** A call of an endpoint, when it was answered. */
export interface ActedCall {
  readonly actor: Actor
  readonly operation: string
  readonly status: number
  /** Whether it may have changed something. */
  readonly isChange: boolean
  /** Whether the endpoint wants to be noted even if it changes nothing. */
  readonly isAudited: boolean
  readonly params: Readonly<Record<string, string>>
  /** As it was sent, without the question mark. */
  readonly query: string
  /** What was sent, and what was answered: neither is to be kept. */
  readonly body: Uint8Array | undefined
  readonly answer: string | undefined
}

/** An open admin listener. */
export interface AdminListener {
  readonly url: string
  /** File descriptor of its socket, good while it is open; undefined where it cannot be handed on. */
  readonly descriptor: number | undefined
  close(): Promise<void>
}

/** What every answer carries. Nothing here is for another page, a cache or a frame. */
const HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY'
}
/** The page loads what the gateway ships, and asks the gateway. Text from elsewhere cannot become a script in it. */
const PAGE_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
  "frame-ancestors 'none'; base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'"

/** Opens the admin listener. @throws GatewayError `TACIT_LISTEN_FAILED`. */
export async function openAdmin(options: AdminOptions): Promise<AdminListener> {
  const { host, port } = options.admin
  const { tokens, clock, digest, refused } = options
  const access = new AdminAccess({ tokens, isLoopback: isLoopback(host), digest, clock, refused })
  const app = Fastify({
    logger: false,
    bodyLimit: MOST_BYTES,
    requestTimeout: 10_000,
    forceCloseConnections: true,
    exposeHeadRoutes: false,
    frameworkErrors: (_error, _request, reply) => void refuse(reply, endpointRefusal('malformed_request')),
    http: { headersTimeout: 10_000, connectionsCheckingInterval: 5_000 }
  })
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
  app.addHook('onRequest', async (_request, reply) => {
    for (const [name, value] of Object.entries(HEADERS)) reply.header(name, value)
  })
  if (isLoopback(host)) refuseForeignHosts(app)
  app.setErrorHandler((error: FastifyError, _request, reply) => {
    const refused = refusalOf(error)
    if (refused.status >= 500) options.failed(errorCode(error))
    return refuse(reply, refused)
  })
  app.setNotFoundHandler((_request, reply) => refuse(reply, endpointRefusal('route_not_found')))
  addHealth(app, access, options)
  addEndpoints(app, access, options)
  for (const { path, type, body } of options.page) {
    app.get(path, (_request, reply) => reply.type(type).header('content-security-policy', PAGE_POLICY).send(body))
  }
  try {
    const { listen, descriptor } = bind({ host, port }, options.inherited)
    return { url: await app.listen(listen), descriptor, close: () => app.close() }
  } catch (error) {
    throw new GatewayError(
      'TACIT_LISTEN_FAILED',
      `The admin listener could not listen on ${host}:${port} (${errorCode(error)}).`,
      'Choose another `admin.port`, or stop what uses this one.'
    )
  }
}

/** Health is for probes, which have no token; where there are tokens, only they are told of plugins and figures. */
function addHealth(app: FastifyInstance, access: AdminAccess, options: AdminOptions): void {
  const isOpen = () => options.tokens().length === 0
  app.get('/health/live', async () => ({ status: 'ok' }))
  app.get('/health/ready', async (request, reply) => {
    const plugins = await options.health()
    const failed = Object.values(plugins).some(({ status }) => status === 'failed')
    const ready = options.isReady() && !failed
    const isTold =
      isOpen() || (request.headers.authorization !== undefined && !(judge(access, request) instanceof Refused))
    const status = ready ? 'ready' : 'not_ready'
    return reply.code(ready ? 200 : 503).send(isTold ? { status, plugins } : { status })
  })
  app.get('/metrics', async (request, reply) => {
    const actor = isOpen() ? undefined : judge(access, request)
    if (actor instanceof Refused) return refuse(reply, actor)
    return reply.type('text/plain; version=0.0.4; charset=utf-8').send(await options.metrics())
  })
}

/** What was found out about a request before its body was read. */
interface Judged {
  readonly actor: Actor
  readonly found: Extract<FoundEndpoint, { params: unknown }>
}

/** One handler for all of them, since a reload may bring others. Who asks is judged before a body is read. */
function addEndpoints(app: FastifyInstance, access: AdminAccess, options: AdminOptions): void {
  const judged = new WeakMap<FastifyRequest, Judged>()
  const onRequest = async (request: FastifyRequest, reply: FastifyReply) => {
    const actor = judge(access, request)
    if (actor instanceof Refused) return refuse(reply, actor)
    const [path = ''] = (request.raw.url ?? '').split('?', 1)
    const found = options.endpoints().find(request.method, path)
    if (found.served === undefined) {
      if (found.allowed.length === 0) return refuse(reply, endpointRefusal('route_not_found'))
      return refuse(reply, endpointRefusal('method_not_allowed', { headers: { allow: found.allowed.join(', ') } }))
    }
    const { endpoint } = found.served
    const turnAway = (refused: Refused) => {
      options.acted(callOf(request, { actor, found }, refused.status))
      return refuse(reply, refused)
    }
    if (!mayDo(actor.role, endpoint.role)) return turnAway(endpointRefusal('role_too_low'))
    const announced = Number(request.headers['content-length'] ?? 0)
    if (announced > (endpoint.maxBytes ?? DEFAULT_MAX_BYTES)) return turnAway(endpointRefusal('body_too_large'))
    judged.set(request, { actor, found })
  }
  /** A body that is longer than was announced, or that breaks off. */
  const errorHandler = (error: FastifyError, request: FastifyRequest, reply: FastifyReply) => {
    const refused = refusalOf(error)
    const known = judged.get(request)
    if (known !== undefined) options.acted(callOf(request, known, refused.status))
    if (refused.status >= 500) options.failed(errorCode(error))
    return refuse(reply, refused)
  }
  const handler = async (request: FastifyRequest, reply: FastifyReply) => {
    const { actor, found } = judged.get(request) ?? never()
    const { served, params } = found
    const outcome = await callEndpoint(served, {
      actor: actor.id,
      role: actor.role,
      consumer: undefined,
      params,
      query: queryOf(request),
      contentType: request.headers['content-type'],
      accept: request.headers.accept,
      body: request.body instanceof Uint8Array ? request.body : undefined
    })
    const status = outcome.kind === 'answered' ? outcome.status : outcome.refused.status
    const answer = outcome.kind === 'answered' ? outcome.body : undefined
    options.acted(callOf(request, { actor, found }, status, answer))
    if (outcome.kind === 'answered') {
      return reply.code(status).headers(outcome.headers).type(outcome.type).send(outcome.body)
    }
    if (outcome.failure !== undefined) options.failed(errorCode(outcome.failure))
    return refuse(reply, outcome.refused, outcome.problems)
  }
  for (const url of ['/v1/*', '/plugins/*']) app.all(url, { onRequest, handler, errorHandler })
}

function callOf(request: FastifyRequest, { actor, found }: Judged, status: number, answer?: string): ActedCall {
  const { served, params } = found
  return {
    actor,
    operation: served.id,
    status,
    isChange: takesBody(served) || served.endpoint.method === 'DELETE',
    isAudited: served.endpoint.isAudited === true,
    params,
    query: queryOf(request),
    body: request.body instanceof Uint8Array ? request.body : undefined,
    answer
  }
}

function queryOf(request: FastifyRequest): string {
  const url = request.raw.url ?? ''
  const at = url.indexOf('?')
  return at < 0 ? '' : url.slice(at + 1)
}

/** What is said of a request that could not be taken as it came. */
function refusalOf(error: FastifyError): Refused {
  if (error.code === 'FST_ERR_CTP_BODY_TOO_LARGE') return endpointRefusal('body_too_large')
  return endpointRefusal(error.statusCode === 400 ? 'malformed_request' : 'gateway_failed')
}

function judge(access: AdminAccess, request: FastifyRequest): Actor | Refused {
  return access.judge({ headers: request.headers, address: request.raw.socket.remoteAddress ?? '' })
}

function never(): never {
  throw new TypeError('a request that nobody has judged')
}

function refuse(reply: FastifyReply, refused: Refused, problems: readonly InputProblem[] = []): FastifyReply {
  const { status, headers = {}, retryAfterMs } = refused
  for (const [name, value] of Object.entries(headers)) reply.header(name, value)
  if (retryAfterMs !== undefined) reply.header('retry-after', String(Math.ceil(retryAfterMs / 1000)))
  return reply
    .code(status)
    .type(PROBLEM_TYPE)
    .send(problemBody(refused, randomUUID(), problems))
}

/**
 * A page in a browser on this machine can be made to ask us by any name that
 * its owner lets point here (DNS rebinding); names other than ours are refused.
 */
function refuseForeignHosts(app: FastifyInstance): void {
  app.addHook('onRequest', async (request, reply) => {
    const authority = request.headers.host ?? ''
    const name = isAuthority(authority) ? hostName(authority) : ''
    if (name === 'localhost' || isIP(name.replace(/^\[|\]$/g, '')) !== 0) return
    await refuse(reply, endpointRefusal('misdirected_request'))
  })
}
