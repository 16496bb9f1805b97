/**
 * Streams written for these tests, one for each way in which a provider frames
 * them, and what has to be known of each to split and to cut it.
 */
import { readFile } from 'node:fs/promises'
import type { Dialect } from '../../core/dialects/index.ts'

/** One stream. */
export interface StreamFixture {
  readonly name: string
  readonly dialect: Dialect
  readonly contentType: string
  readonly bytes: Buffer
  /** Ends of its whole events, ascending; empty for a body that is no stream of events. */
  readonly eventEnds: readonly number[]
  /** End of the event that is the first to carry content. Before it, nothing of the stream has reached a client. */
  readonly committedAt: number
}

const SSE = 'text/event-stream; charset=utf-8'

/** Reads them all. */
export async function streamFixtures(): Promise<readonly StreamFixture[]> {
  return Promise.all([
    read('openai/chat-stream.txt', 'openai-chat', SSE, 'Grüße'),
    read('openai/responses-stream.txt', 'openai-responses', SSE, 'Grüße'),
    read('anthropic/messages-stream-crlf.txt', 'anthropic-messages', SSE, 'Grüße'),
    read('gemini/stream.txt', 'gemini', SSE, 'Grüße'),
    read('gemini/stream-array.txt', 'gemini', 'application/json', '['),
    read('http/events.txt', 'http', SSE, 'Grüße')
  ])
}

async function read(name: string, dialect: Dialect, contentType: string, content: string): Promise<StreamFixture> {
  const bytes = await readFile(new URL(`../fixtures/${name}`, import.meta.url))
  const eventEnds = contentType === SSE ? endsOfEvents(bytes) : []
  const first = bytes.indexOf(content)
  return { name, dialect, contentType, bytes, eventEnds, committedAt: eventEnds.find(end => end > first) ?? 0 }
}

/** An event ends with an empty line; a line ends with CRLF, LF or CR (WHATWG HTML, 9.2.6). */
function endsOfEvents(bytes: Buffer): readonly number[] {
  const text = bytes.toString('latin1')
  return [...text.matchAll(/(?:\r\n|\n|\r(?!\n))(?:\r\n|\n|\r(?!\n))/g)].map(match => match.index + match[0].length)
}
