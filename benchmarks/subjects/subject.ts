/** What can be measured: a program that stands between clients and an upstream. */
import { answers, type Child, type Children, freePort } from '../harness/children.ts'
import { GATEWAY_CORE } from '../harness/machine.ts'
import { chatBody, requestHeaders } from '../load/chat-request.ts'

/** The path of every request: one that gateways know the dialect of. */
export const CHAT_PATH = '/v1/chat/completions'

/** What most scenarios send, over as many connections as each of them keeps. */
export const SMALL_POST = { method: 'POST', path: CHAT_PATH, bodyBytes: 1024 } as const

/** A program to measure. */
export interface Subject {
  readonly name: string
  /** Why it cannot be measured here; undefined when it can. */
  readonly missing: string | undefined
  /** Gets what it needs, where it is installed on demand. @returns why it cannot be had; undefined when it is there */
  readonly install?: (say: (line: string) => void) => Promise<string | undefined>
  /** Headers that it wants of its clients. */
  readonly headers?: (upstreamPort: number) => Readonly<Record<string, string>>
  /** Variables of its environment. */
  readonly environment?: Readonly<Record<string, string>>
  /** How long it may take to start. Default: 20 s. */
  readonly readyWithinMs?: number
  /** Its clients come over TLS. */
  readonly isTls?: boolean
  /** The command that serves on one port and forwards to another. Files it needs go to `folder`. */
  command(folder: string, port: number, upstreamPort: number): readonly string[]
}

/** A subject that is up. */
export interface Running {
  readonly name: string
  readonly port: number
  /** Undefined where nothing stands between client and upstream. */
  readonly pid: number | undefined
  readonly headers?: Readonly<Record<string, string>>
  readonly isTls?: boolean
  /** The end of what it printed. */
  output(): string
  stop(): Promise<void>
}

/** What a subject needs to know of what stands behind it. */
export interface Behind {
  readonly port: number
  readonly isStream: boolean
}

/** Starts a subject on its core. @throws Error when it does not forward a request in time. */
export async function startSubject(subject: Subject, children: Children, upstream: Behind): Promise<Running> {
  const port = await freePort()
  const child: Child = children.start(GATEWAY_CORE, subject.command(children.folder, port, upstream.port), {
    environment: subject.environment ?? {}
  })
  const { isTls = false, readyWithinMs } = subject
  const headers = subject.headers?.(upstream.port) ?? {}
  const body = chatBody(256, upstream.isStream)
  const asked = { ...requestHeaders({ bodyBytes: body.length, headers }), 'content-length': `${body.length}` }
  try {
    await answers(child, port, { method: 'POST', path: CHAT_PATH, headers: asked, body, isTls }, readyWithinMs)
  } catch (error) {
    await child.stop()
    throw new Error(`${subject.name} ${error instanceof Error ? error.message : 'failed'}`)
  }
  return {
    name: subject.name,
    port,
    pid: child.pid,
    headers,
    isTls,
    output: () => child.output(),
    stop: () => child.stop()
  }
}

/** Client and upstream without anything between them. */
export function direct(upstreamPort: number): Running {
  return { name: 'direct', port: upstreamPort, pid: undefined, output: () => '', stop: async () => {} }
}
