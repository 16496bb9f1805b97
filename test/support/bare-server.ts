/** A server of bare sockets, for what a server of HTTP would never send. It knows nothing of HTTP itself. */
import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import type { Teardown } from './upstream.ts'

/** The server as a test holds it. */
export interface BareServer {
  /** `http://127.0.0.1:<port>`. */
  readonly url: string
  readonly port: number
  /** Connections so far. */
  readonly connections: number
}

/** Starts a server that hands over each connection as it comes, with its number, 1 for the first. It ends with the test. */
export async function startBare(t: Teardown, take: (socket: Socket, number: number) => void): Promise<BareServer> {
  let connections = 0
  const sockets = new Set<Socket>()
  const server = createServer(socket => {
    sockets.add(socket)
    socket.on('error', () => {})
    take(socket, ++connections)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new TypeError('the server listens on no port')
  const { port } = address
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    get connections() {
      return connections
    }
  }
}

/** Starts a server that answers the first bytes of every connection with these, as Latin-1, and says no more. */
export function startSaying(t: Teardown, bytes: string, ends = false): Promise<BareServer> {
  return startBare(t, socket => {
    socket.once('data', () => {
      if (ends) socket.end(Buffer.from(bytes, 'latin1'))
      else socket.write(Buffer.from(bytes, 'latin1'))
    })
  })
}
