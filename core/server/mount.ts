/**
 * Tacit as a Fastify plugin. Every request of the scope is taken in the first
 * hook, before Fastify reads content types or bodies, and answered on the raw
 * response. The scope is its own, so that an application which mounts the
 * gateway keeps its parsers, hooks and errors for its other routes.
 */
import { type IncomingMessage, METHODS, type ServerResponse } from 'node:http'
import type { FastifyInstance, onRequestHookHandler } from 'fastify'
import fastifyPlugin from 'fastify-plugin'

/** What takes requests over from Fastify. */
export interface MountOptions {
  readonly accept: (request: IncomingMessage, response: ServerResponse) => void
  /** Path below which requests are the gateway's, such as `/llm`; everything, if not given. The path is passed on whole. */
  readonly prefix?: string
}

/** Mounts a gateway into a Fastify application. */
export const mount = fastifyPlugin(
  async (app: FastifyInstance, { accept, prefix = '' }: MountOptions) => {
    for (const method of METHODS) {
      if (!app.supportedMethods.includes(method) && method !== 'CONNECT') app.addHttpMethod(method, { hasBody: true })
    }
    await app.register(async scope => {
      const take: onRequestHookHandler = (request, reply) => {
        reply.hijack()
        accept(request.raw, reply.raw)
      }
      scope.addHook('onRequest', take)
      scope.route({ method: [...scope.supportedMethods], url: `${prefix}/*`, handler: nobodyComesHere })
    })
  },
  { name: 'tacit-gateway', fastify: '5.x' }
)

/** The hook has taken the request before any handler is asked. */
function nobodyComesHere(): never {
  throw new Error('a request passed the hook that takes all')
}
