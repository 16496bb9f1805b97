/** A gateway within somebody's Fastify application, which listens in its place. */
import { type Gateway, type GatewayOptions, startGateway } from './gateway.ts'
import { type Application, mountListener } from './server/mounted-listener.ts'

/** What a gateway is mounted with. `listen` of its file is not used. */
export interface MountedGatewayOptions extends GatewayOptions {
  /** Path below which requests are the gateway's, such as `/llm`; everything, if not given. Routes match the whole path. */
  readonly prefix?: string
}

/**
 * Mounts a gateway into `application`, before that listens. It is closed with the application, which then waits for
 * exchanges under way as long as `shutdownGrace` says. Its `url` is the prefix.
 * @throws ConfigurationError and GatewayError as `startGateway` does; GatewayError `TACIT_MOUNT_FAILED`.
 */
export async function mountGateway(
  application: Application,
  { prefix = '', ...options }: MountedGatewayOptions
): Promise<Gateway> {
  const gateway = await startGateway(options, listener => mountListener(application, prefix, listener))
  application.addHook('onClose', () => gateway.close())
  return gateway
}
