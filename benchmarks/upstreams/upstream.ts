/** Starts what stands behind the gateways: a server of fixed answers, or one of endless event streams. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Type } from '@sinclair/typebox'
import { type Children, freePort } from '../harness/children.ts'
import { Helper } from '../harness/errands.ts'
import { LOAD_CORE, type Machine } from '../harness/machine.ts'
import { answerBody } from './answer.ts'

/** A server behind the gateways. */
export interface Upstream {
  readonly name: string
  readonly port: number
  /** Answers with events that have no end. */
  readonly isStream: boolean
  stop(): Promise<void>
}

/** A server that gives each request 500 bytes of JSON: nginx where it is installed, since it costs least. */
export async function startAnswers(
  machine: Pick<Machine, 'nginx'>,
  children: Children,
  own: boolean
): Promise<Upstream> {
  const port = await freePort()
  if (machine.nginx !== undefined && !own) {
    const file = join(children.folder, `nginx-upstream-${port}.conf`)
    writeFileSync(file, nginxAnswers(children.folder, port))
    const child = children.start(LOAD_CORE, [machine.nginx, '-e', 'stderr', '-c', file])
    return { name: 'nginx', port, isStream: false, stop: () => child.stop() }
  }
  const helper = new Helper(children, LOAD_CORE, new URL('./answers.ts', import.meta.url))
  await helper.ask('listen', { port }, Type.Null())
  return { name: 'own server of fixed answers', port, isStream: false, stop: () => helper.stop() }
}

/**
 * A server of event streams. Each connection's stream gets an event at once, and another every `periodMs`; streams take
 * turns within the period instead of all writing at the same moment.
 * @param periodMs undefined for streams that stay silent after their first event
 */
export async function startStreams(children: Children, periodMs: number | undefined): Promise<Upstream> {
  const port = await freePort()
  const helper = new Helper(children, LOAD_CORE, new URL('./streams.ts', import.meta.url))
  await helper.ask('listen', { port, periodMs: periodMs ?? 0 }, Type.Null())
  return { name: 'own server of event streams', port, isStream: true, stop: () => helper.stop() }
}

function nginxAnswers(folder: string, port: number): string {
  return `
worker_processes 1; daemon off; pid ${folder}/nginx-upstream-${port}.pid; error_log stderr crit;
events { worker_connections 8192; }
http {
  access_log off; default_type application/json; client_body_buffer_size 512k; client_body_temp_path ${folder};
  keepalive_requests 1000000000; keepalive_timeout 600s;
  server { listen 127.0.0.1:${port} backlog=4096; location / { return 200 '${answerBody()}'; } }
}
`
}
