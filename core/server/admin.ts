/**
 * The admin listener: whether the gateway lives, whether it should get
 * requests, and its metrics. On the loopback unless the operator says otherwise.
 */
import { isIP } from 'node:net'
import Fastify, { type FastifyInstance } from 'fastify'
import { GatewayError } from '../errors.ts'
import { errorCode } from '../log.ts'
import type { Health } from '../plugin.ts'
import { hostName, isAuthority } from './authority.ts'

/** What the admin listener shows. */
export interface AdminOptions {
  /** Decoded `admin:` block. */
  readonly admin: { readonly host: string; readonly port: number }
  /** False before the listener is open, and once the gateway was told to stop. */
  readonly isReady: () => boolean
  /** Health of every plugin instance that tells it, by name. */
  readonly health: () => Promise<Readonly<Record<string, Health>>>
  /** Prometheus text exposition format 0.0.4. */
  readonly metrics: () => string
  readonly failed: (code: string) => void
}

/** An open admin listener. */
export interface AdminListener {
  readonly url: string
  close(): Promise<void>
}

/** Opens the admin listener. @throws GatewayError `TACIT_LISTEN_FAILED`. */
export async function openAdmin(options: AdminOptions): Promise<AdminListener> {
  const { host, port } = options.admin
  const app = Fastify({
    logger: false,
    bodyLimit: 1024 * 1024,
    requestTimeout: 10_000,
    forceCloseConnections: true,
    http: { headersTimeout: 10_000, connectionsCheckingInterval: 5_000 }
  })
  if (isLoopback(host)) refuseForeignHosts(app)
  app.setErrorHandler((error: unknown, _request, reply) => {
    options.failed(errorCode(error))
    return reply.code(500).send({ error: 'internal_error' })
  })
  app.setNotFoundHandler((_request, reply) => reply.code(404).send({ error: 'not_found' }))
  app.addHook('onSend', async (_request, reply) => {
    reply.header('cache-control', 'no-store').header('x-content-type-options', 'nosniff')
  })

  app.get('/health/live', async () => ({ status: 'ok' }))
  app.get('/health/ready', async (_request, reply) => {
    const plugins = await options.health()
    const failed = Object.values(plugins).some(({ status }) => status === 'failed')
    const ready = options.isReady() && !failed
    return reply.code(ready ? 200 : 503).send({ status: ready ? 'ready' : 'not_ready', plugins })
  })
  app.get('/metrics', async (_request, reply) =>
    reply.type('text/plain; version=0.0.4; charset=utf-8').send(options.metrics())
  )

  try {
    return { url: await app.listen({ host, port }), close: () => app.close() }
  } catch (error) {
    throw new GatewayError(
      'TACIT_LISTEN_FAILED',
      `The admin listener could not listen on ${host}:${port} (${errorCode(error)}).`,
      'Choose another `admin.port`, or stop what uses this one.'
    )
  }
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
    await reply.code(421).send({ error: 'misdirected_request' })
  })
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.')
}
