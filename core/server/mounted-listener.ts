/**
 * The public listener of a gateway that is mounted in somebody's application:
 * the application listens, and hands over what lies below a prefix. Limits on
 * heads, times and connections are the application's.
 */
import type { ServerResponse } from 'node:http'
import type { FastifyInstance } from 'fastify'
import { GatewayError } from '../errors.ts'
import { LiveList } from '../pipeline/live-list.ts'
import type { Listener, ListenerOptions } from './listener.ts'
import { mount } from './mount.ts'

/** A Fastify application, version 5. */
export type Application = FastifyInstance

/**
 * Mounts into `application` below `prefix`. It must not listen yet.
 * @returns a listener whose address is the prefix; stopping it waits for the answers that are on their way.
 * @throws GatewayError `TACIT_MOUNT_FAILED` for a prefix that is none, or an application that has begun to listen.
 */
export async function mountListener(
  application: Application,
  prefix: string,
  { accept }: Pick<ListenerOptions, 'accept'>
): Promise<Listener> {
  if (!/^(?:\/[\w.~-]+)*$/.test(prefix)) {
    throw new GatewayError(
      'TACIT_MOUNT_FAILED',
      `"${prefix}" is no prefix of a path.`,
      'Write it as `/llm`, or leave it out.'
    )
  }
  if (application.server.listening) {
    throw new GatewayError('TACIT_MOUNT_FAILED', 'The application listens already.', 'Mount the gateway before that.')
  }
  const open = new LiveList<ServerResponse>()
  let whenIdle: (() => void) | undefined
  const closed = (response: ServerResponse) => {
    open.delete(response)
    if (open.size === 0) whenIdle?.()
  }
  await application.register(mount, {
    prefix,
    accept(request, response) {
      open.add(response)
      response.on('close', () => closed(response))
      accept(request, response)
    }
  })
  return {
    // The application's port is not this gateway's to hand on.
    descriptor: undefined,
    url: prefix === '' ? '/' : prefix,
    connections: async () => open.size,
    stop: async () => {
      if (open.size > 0)
        await new Promise<void>(resolve => {
          whenIdle = resolve
        })
    },
    destroy: () => {
      for (const response of open) response.destroy()
    }
  }
}
