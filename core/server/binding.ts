/**
 * Takes a port in a way that lets it be handed on: to processes that accept on
 * it together, and to the one that comes after this. Such a socket is one queue,
 * however many accept from it, so none that leaves takes a waiting client along.
 */
import net, { isIP } from 'node:net'

/** Where to listen. */
export interface Address {
  readonly host: string
  readonly port: number
}

/** A port that is taken. */
export interface Binding {
  /** What a server's `listen` is called with. */
  readonly listen: Address & { readonly fd?: number; readonly handle?: net.BoundSocket }
  /** The file descriptor of the socket; undefined where it cannot be handed on. */
  readonly descriptor: number | undefined
}

/**
 * Takes a port, or the one that was inherited. Names are left to the server, which may listen on several addresses
 * of one; so is everything where this Node cannot bind by itself. Such a port cannot be handed on.
 * @param inherited a descriptor of a bound socket.
 * @throws what the system says, with its `code`.
 */
export function bind(address: Address, inherited?: number): Binding {
  const { host, port } = address
  if (inherited !== undefined) return { listen: { host, port, fd: inherited }, descriptor: inherited }
  if (!canBind(host)) return { listen: { host, port }, descriptor: undefined }
  const handle = new net.BoundSocket({ host, port })
  return { listen: { host, port, handle }, descriptor: handle.fd() }
}

/** Whether a port at this host can be handed on to another process. */
export function canBind(host: string): boolean {
  // Node has it since late in version 24.
  return isIP(host) !== 0 && Reflect.has(net, 'BoundSocket') && process.platform !== 'win32'
}
