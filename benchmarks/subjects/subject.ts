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
  /** The command that serves on one port and forwards to another. Files it needs go to `folder`. */
  command(folder: string, port: number, upstreamPort: number): readonly string[]
}

/** A subject that is up. */
export interface Running {
  readonly name: string
  readonly port: number
  /** Undefined where nothing stands between client and upstream. */
  readonly pid: number | undefined
  stop(): Promise<void>
}

/** Starts a subject on its core. @throws Error when it does not forward a request within 20 s. */
export async function startSubject(subject: Subject, children: Children, upstreamPort: number): Promise<Running> {
  const port = await freePort()
  const child: Child = children.start(GATEWAY_CORE, subject.command(children.folder, port, upstreamPort))
  const body = chatBody(256)
  const headers = { ...requestHeaders({ bodyBytes: body.length }), 'content-length': `${body.length}` }
  try {
    await answers(child, port, { method: 'POST', path: CHAT_PATH, headers, body })
  } catch (error) {
    await child.stop()
    throw new Error(`${subject.name} ${error instanceof Error ? error.message : 'failed'}`)
  }
  return { name: subject.name, port, pid: child.pid, stop: () => child.stop() }
}

/** Client and upstream without anything between them. */
export function direct(upstreamPort: number): Running {
  return { name: 'direct', port: upstreamPort, pid: undefined, stop: async () => {} }
}
