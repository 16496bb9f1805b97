/**
 * Sends a reply over HTTP at the pace, and with the faults, that a script asks
 * for. Knows nothing of what the reply says.
 */
import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import type { Reply, StreamReply, WholeReply } from './reply.ts'
import type { Script } from './script.ts'

/** Sends a reply. Resolves when all of it is written, or the client has left, or the script broke it off. */
export async function play(response: ServerResponse, reply: Reply, script: Script): Promise<void> {
  const gone = new AbortController()
  response.once('close', () => gone.abort())
  try {
    if (script.firstByteMs > 0) await delay(script.firstByteMs, undefined, { signal: gone.signal })
    if ('events' in reply) await playStream(response, reply, script, gone.signal)
    else playWhole(response, reply, script)
  } catch (error) {
    if (!gone.signal.aborted) throw error
  }
}

function playWhole(response: ServerResponse, { status, headers, body }: WholeReply, { cutAfter }: Script): void {
  const bytes = Buffer.from(body)
  response.writeHead(status, { ...headers, 'content-length': bytes.length })
  if (cutAfter === undefined) {
    response.end(bytes)
    return
  }
  // At least one byte is kept back, or it would be no cut.
  response.write(bytes.subarray(0, Math.min(cutAfter, bytes.length - 1)))
  breakOff(response)
}

async function playStream(
  response: ServerResponse,
  reply: StreamReply,
  { cutAfter, streamErrorAfter, slowMs }: Script,
  signal: AbortSignal
): Promise<void> {
  response.writeHead(200, reply.headers)
  for (const [index, event] of reply.events.entries()) {
    if (index > 0 && slowMs > 0) await delay(slowMs, undefined, { signal })
    if (index === cutAfter) {
      breakOff(response)
      return
    }
    if (index === streamErrorAfter) {
      response.end(reply.errorEvent(index))
      return
    }
    if (!response.write(event)) await once(response, 'drain', { signal })
  }
  response.end()
}

/** Sends what is queued and then a FIN, in the middle of the body. */
function breakOff(response: ServerResponse): void {
  response.flushHeaders()
  response.socket?.destroySoon()
}
