/**
 * The demo upstream: a provider of language models that has none. It speaks the
 * APIs of OpenAI and Anthropic over HTTP, answers the same request with the same
 * bytes, and misbehaves on request. README.md beside this file lists what it can do.
 */
import { timingSafeEqual } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { answerMessages, readMessagesRequest } from './anthropic-messages.ts'
import { badRequestReply, errorReply, type Family, pageReply } from './errors.ts'
import { BadRequest, type Fields, parseFields } from './fields.ts'
import { listModels, showModel } from './models.ts'
import { answerChat, readChatRequest } from './openai-chat.ts'
import { answerEmbeddings, readEmbeddingsRequest } from './openai-embeddings.ts'
import { answerResponses, readResponsesRequest } from './openai-responses.ts'
import { play } from './play.ts'
import { digest, type Reply } from './reply.ts'
import { readScript, type Script, scriptFor } from './script.ts'

/** Where and how to listen. */
export interface DemoOptions {
  /** 127.0.0.1 if not given. */
  readonly host?: string
  /** Any free one if not given. */
  readonly port?: number
  /** Sent as `x-demo-upstream`, and what the directive `at` means. `demo` if not given. */
  readonly name?: string
  /** The only API key that is taken; every one, and none, if not given. */
  readonly apiKey?: string
  /** Looks on. */
  readonly observer?: DemoObserver
}

/** Told of every request; for tests and for people who watch. */
export interface DemoObserver {
  /** The head of a request is there. */
  started?(request: DemoRequest): void
  /** The exchange is over. `clean` is false when the connection went before the whole answer was handed to it. */
  ended?(request: DemoRequest, clean: boolean): void
}

/** A request, without its body. */
export interface DemoRequest {
  readonly method: string
  /** Path and query. */
  readonly target: string
  readonly headers: IncomingMessage['headers']
}

/** A demo upstream that runs. */
export interface DemoUpstream {
  /** `http://host:port`, without a slash at the end. */
  readonly url: string
  readonly port: number
  /** Drops every connection and stops listening. */
  close(): Promise<void>
}

const LARGEST_BODY_BYTES = 32 * 1024 * 1024

/** Starts a demo upstream. @throws the error of node:net when the port is taken. */
export async function startDemoUpstream(options: DemoOptions = {}): Promise<DemoUpstream> {
  const host = options.host ?? '127.0.0.1'
  const server = createServer((request, response) => {
    watch(request, response, options.observer)
    serve(request, response, options).catch(() => response.destroy())
  })
  server.listen(options.port ?? 0, host)
  await once(server, 'listening')
  const { port } = listeningAddress(server)
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${port}`,
    port,
    async close() {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    }
  }
}

/** Where a server listens; it does, and on no pipe. */
function listeningAddress(server: Server): AddressInfo {
  const address = server.address()
  if (address === null || typeof address === 'string') throw new TypeError('the demo upstream listens on no port')
  return address
}

/** One API: reads a body, and says how it is answered once its `id` is known. */
type Api = (body: Fields) => { readonly script: Script; answer(id: string): Reply }

const APIS: Readonly<Record<string, { readonly family: Family; readonly read: Api }>> = {
  '/v1/chat/completions': {
    family: 'openai',
    read(body) {
      const request = readChatRequest(body)
      return { script: request.script, answer: id => answerChat(request, id) }
    }
  },
  '/v1/responses': {
    family: 'openai',
    read(body) {
      const request = readResponsesRequest(body)
      return { script: request.script, answer: id => answerResponses(request, id) }
    }
  },
  '/v1/embeddings': {
    family: 'openai',
    read(body) {
      const request = readEmbeddingsRequest(body)
      return { script: request.script, answer: () => answerEmbeddings(request) }
    }
  },
  '/v1/messages': {
    family: 'anthropic',
    read(body) {
      const request = readMessagesRequest(body)
      return { script: request.script, answer: id => answerMessages(request, id) }
    }
  }
}

const OBEDIENT = readScript()

async function serve(request: IncomingMessage, response: ServerResponse, options: DemoOptions): Promise<void> {
  const path = request.url?.split('?')[0] ?? ''
  const family = APIS[path]?.family ?? (request.headers['anthropic-version'] === undefined ? 'openai' : 'anthropic')
  const body = await readBody(request)
  const id = digest(request.method ?? '', path, body ?? '')
  const requestId = `req_${id.slice(0, 24)}`
  response.setHeader(family === 'anthropic' ? 'request-id' : 'x-request-id', requestId)
  response.setHeader('x-demo-upstream', options.name ?? 'demo')

  let script = OBEDIENT
  let reply: Reply
  try {
    if (body === undefined) throw new BadRequest('The request is too large.', undefined, 413, 'request_too_large')
    if (!mayEnter(request, options.apiKey)) {
      reply = errorReply(family, 401, requestId)
    } else {
      const asked = ask(request, path, family, body)
      const retryCount = Number(request.headers['x-stainless-retry-count'] ?? 0)
      script = scriptFor(asked.script, options.name ?? 'demo', retryCount)
      reply = faultOf(script, family, requestId) ?? asked.answer(id)
    }
  } catch (error) {
    if (!(error instanceof BadRequest)) throw error
    reply = badRequestReply(family, error, requestId)
  }
  await play(response, reply, script)
}

/** Finds what serves a request and lets it read the body. @throws BadRequest */
function ask(request: IncomingMessage, path: string, family: Family, body: Buffer): ReturnType<Api> {
  const api = APIS[path]
  if (api !== undefined) {
    if (request.method !== 'POST') throw new BadRequest('Use POST here.', undefined, 405)
    if (family === 'anthropic' && request.headers['anthropic-version'] === undefined) {
      throw new BadRequest('anthropic-version: header is required')
    }
    return api.read(parseFields(body))
  }
  const [page, model] = /^\/v1\/models(?:\/([A-Za-z0-9._:-]+))?$/.exec(path) ?? []
  if (page === undefined) throw new BadRequest(`There is nothing at ${request.method} ${path}.`, undefined, 404)
  if (request.method !== 'GET') throw new BadRequest('Use GET here.', undefined, 405)
  return { script: OBEDIENT, answer: () => (model === undefined ? listModels(family) : showModel(family, model)) }
}

/** The error that a script asks for, if it does. */
function faultOf(script: Script, family: Family, requestId: string): Reply | undefined {
  const { retryAfterMs } = script
  const headers: Record<string, string> = {}
  if (retryAfterMs !== undefined) {
    headers['retry-after'] = String(Math.ceil(retryAfterMs / 1000))
    headers['retry-after-ms'] = String(retryAfterMs)
  }
  if (script.errorStatus !== undefined) return errorReply(family, script.errorStatus, requestId, headers)
  return script.pageStatus === undefined ? undefined : pageReply(script.pageStatus, headers)
}

/** The whole body; undefined when it is larger than any that is taken. */
async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  const pieces: Buffer[] = []
  let size = 0
  for await (const piece of request) {
    size += piece.length
    if (size <= LARGEST_BODY_BYTES) pieces.push(piece)
  }
  return size <= LARGEST_BODY_BYTES ? Buffer.concat(pieces) : undefined
}

/** Either family's header will do, so that one gateway can put one secret into both. */
function mayEnter({ headers }: IncomingMessage, apiKey: string | undefined): boolean {
  if (apiKey === undefined) return true
  const [, bearer] = /^Bearer (.+)$/i.exec(headers.authorization ?? '') ?? []
  const given = bearer ?? headers['x-api-key']
  if (typeof given !== 'string') return false
  return timingSafeEqual(Buffer.from(digest(given)), Buffer.from(digest(apiKey)))
}

function watch(request: IncomingMessage, response: ServerResponse, observer: DemoObserver | undefined): void {
  if (observer === undefined) return
  const seen = { method: request.method ?? '', target: request.url ?? '', headers: request.headers }
  observer.started?.(seen)
  response.on('close', () => observer.ended?.(seen, response.writableFinished))
}
