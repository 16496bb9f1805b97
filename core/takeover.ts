/**
 * How one process takes over from another without refusing a connection: the
 * new one is started with the sockets of the old one, which ends when the new
 * one serves. A client that waits in a socket's queue is accepted by whoever
 * comes next. Also takes sockets that systemd has opened (sd_listen_fds(3)).
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync } from 'node:fs'
import { GatewayError } from './errors.ts'

/** What a socket is for. */
export type SocketRole = 'public' | 'admin'

/** A socket that can be handed on. */
export interface HeldSocket {
  readonly role: SocketRole
  /** As they stand in the configuration. */
  readonly host: string
  readonly port: number
  readonly descriptor: number
}

/** Environment variable in which a process finds the sockets that it was handed. */
const VARIABLE = 'TACIT_SOCKETS'
/** The first descriptor after standard input, output, error and the channel between the two processes. */
const FIRST_DESCRIPTOR = 4
/** sd_listen_fds(3): SD_LISTEN_FDS_START. */
const FIRST_OF_SYSTEMD = 3
/** Time for a new process to serve, in ms. */
const START_LIMIT_MS = 60_000
const SERVING = 'tacit:serving'

/** Sockets that this process was handed. */
export class InheritedSockets {
  readonly #left: { readonly role: SocketRole; readonly address: string | undefined; readonly descriptor: number }[]

  /** @param environment what was handed is removed from it, so that no other process takes it for its own. */
  constructor(environment: Record<string, string | undefined>) {
    this.#left = [...handedOn(environment[VARIABLE]), ...fromSystemd(environment)]
    for (const name of [VARIABLE, 'LISTEN_PID', 'LISTEN_FDS', 'LISTEN_FDNAMES']) delete environment[name]
  }

  /** The descriptor of the socket for an address, once; undefined where there is none. */
  take(role: SocketRole, host: string, port: number): number | undefined {
    const address = addressOf(host, port)
    const index = this.#left.findIndex(each => each.role === role && (each.address ?? address) === address)
    return index < 0 ? undefined : this.#left.splice(index, 1)[0]?.descriptor
  }

  /** Closes those that nobody took: clients would wait in their queues for ever. */
  closeRest(): void {
    for (const { descriptor } of this.#left.splice(0)) closeSync(descriptor)
  }
}

function* handedOn(text = '') {
  for (const [, role, address, descriptor] of text.matchAll(/(public|admin) (\S+) (\d+)(?:,|$)/g)) {
    yield { role: role === 'admin' ? 'admin' : 'public', address, descriptor: Number(descriptor) } as const
  }
}

function* fromSystemd({ LISTEN_PID, LISTEN_FDS, LISTEN_FDNAMES }: Record<string, string | undefined>) {
  if (LISTEN_PID !== String(process.pid)) return
  const names = LISTEN_FDNAMES?.split(':') ?? []
  for (let index = 0; index < Number(LISTEN_FDS); index++) {
    const role = names[index] === 'admin' ? 'admin' : 'public'
    yield { role, address: undefined, descriptor: FIRST_OF_SYSTEMD + index } as const
  }
}

function addressOf(host: string, port: number): string {
  return `${host}:${port}`
}

/**
 * Starts the program of this process anew, as it stands on the disk now, with the given sockets.
 * @returns its process id, once it serves.
 * @throws GatewayError `TACIT_SUCCESSOR_FAILED` when it ends before that or takes longer than a minute. Nothing has
 * changed then.
 */
export async function startSuccessor(
  sockets: readonly HeldSocket[],
  command: readonly string[] = [process.execPath, ...process.execArgv, ...process.argv.slice(1)]
): Promise<number> {
  const [program = '', ...args] = command
  const list = sockets.map(
    ({ role, host, port }, index) => `${role} ${addressOf(host, port)} ${FIRST_DESCRIPTOR + index}`
  )
  const child = spawn(program, args, {
    stdio: ['inherit', 'inherit', 'inherit', 'ipc', ...sockets.map(({ descriptor }) => descriptor)],
    env: { ...process.env, [VARIABLE]: list.join(',') }
  })
  const ended = new AbortController()
  child.once('error', () => ended.abort())
  child.once('exit', () => ended.abort())
  const signal = AbortSignal.any([ended.signal, AbortSignal.timeout(START_LIMIT_MS)])
  try {
    for (;;) {
      const [message] = await once(child, 'message', { signal })
      if (message === SERVING) break
    }
  } catch {
    child.kill('SIGKILL')
    throw new GatewayError(
      'TACIT_SUCCESSOR_FAILED',
      'The new process does not serve. This one goes on.',
      'See what it wrote above.'
    )
  }
  child.removeAllListeners()
  child.unref()
  if (child.connected) child.disconnect()
  return child.pid ?? 0
}

/** Tells the process that this one was started by, if it waits for that, that this one serves. */
export function tellServing(): void {
  if (process.send === undefined) return
  process.send(SERVING, () => process.disconnect?.())
}
