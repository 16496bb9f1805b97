/** How Gemini's Interactions stream and fail: https://ai.google.dev/api/interactions-api. Read only. */
import type { ReadingFacts } from './facts.ts'
import { GEMINI, geminiBodyError } from './gemini.ts'
import { isEmpty, isObject, parseObject } from './json.ts'

/** What stands around a piece of content rather than in it. */
const FRAME: readonly string[] = ['type', 'index', 'id']

/** A step, or a change of one, that says something; a step opens with its kind alone. */
function says(piece: unknown): boolean {
  if (!isObject(piece)) return false
  for (const name in piece) if (!FRAME.includes(name) && !isEmpty(piece[name])) return true
  return false
}

function commits(eventType: string, data: string): boolean {
  const event = parseObject(data)
  if (event === undefined) return true
  switch (event.event_type ?? eventType) {
    case 'interaction.created':
    case 'interaction.start':
    case 'interaction.status_update':
    case 'step.stop':
    case 'content.stop':
      return false
    case 'step.start':
      return says(event.step)
    case 'content.start':
      return says(event.content)
    case 'step.delta':
    case 'content.delta':
      return says(event.delta)
    default:
      return true
  }
}

/** What is known of the answers of Interactions. */
export const INTERACTIONS_READING: ReadingFacts = {
  commits,
  streamError: GEMINI.streamError,
  bodyError: geminiBodyError
}
