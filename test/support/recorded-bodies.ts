/** Parses the bodies of recordings, as whoever reads them behind the gateway would: requests, responses, events. */
import { AwsMessageCutter } from '../../core/dialects/framing/aws-event-stream.ts'
import { unwrapBedrockChunk } from '../../core/dialects/framing/bedrock-chunk.ts'
import { LineCutter } from '../../core/dialects/framing/lines.ts'
import type { Direction, Format } from '../../core/dialects/index.ts'
import { recogniseFormat } from '../../core/dialects/recognise-format.ts'
import { EventCutter } from '../../core/pipeline/sse.ts'
import type { Recording } from './corpus.ts'

/** One value that JSON said, and what the event that held it was called. */
export interface RecordedBody {
  readonly direction: Direction
  readonly type: string
  readonly value: unknown
}

/** The format of a recording, by its path as the gateway tells it. */
export function recordedFormat({ target, endpoint }: Recording): Format {
  const [path = ''] = target.split('?', 1)
  // Some recordings name no path, only the call.
  return CALLS[endpoint] ?? recogniseFormat(path)
}

const CALLS: Readonly<Record<string, Format>> = { 'ollama.chat': 'ollama', embedContent: 'gemini' }

/** The bodies of a recording that are JSON, in the order in which they came; and how many were something else. */
export function recordedBodies(recording: Recording): {
  readonly bodies: readonly RecordedBody[]
  readonly others: number
} {
  const bodies: RecordedBody[] = []
  let others = 0
  const add = (direction: Direction, text: string, type = 'message') => {
    const value = parsed(text)
    if (value !== undefined) bodies.push({ direction, type, value })
    else if (text !== '' && text !== '[DONE]') others++
  }
  if (recording.requestBody !== undefined) add('request', recording.requestBody.toString('utf8'))
  eachEvent(recording, add)
  return { bodies, others }
}

function eachEvent(recording: Recording, add: (direction: Direction, text: string, type?: string) => void): void {
  const { responseBody, bodyKind } = recording
  if (bodyKind === 'sse') {
    const cutter = new EventCutter()
    cutter.push(responseBody, event => add('event', event.data, event.type))
    const rest = cutter.takeRest()
    if (rest !== undefined) add('event', rest.data, rest.type)
  } else if (bodyKind === 'ndjson') {
    const cutter = new LineCutter()
    cutter.push(responseBody, line => add('event', line.toString('utf8')))
    cutter.takeRest(line => add('event', line.toString('utf8')))
  } else if (bodyKind === 'eventstream') {
    new AwsMessageCutter().push(responseBody, ({ type, body }) => {
      const text = body.toString('utf8')
      add('event', unwrapBedrockChunk(text) ?? text, type)
    })
  } else add('response', responseBody.toString('utf8'))
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
