/** What a format's table says about its requests: where the model, the wish for a stream and the bounds of the output stand. Types only. */
import type { Places } from '../usage/facts.ts'

/** Where a request says what it wants. Names of members below each other are joined by dots. */
export interface RequestFacts {
  /** Where the model's name stands in the body. */
  readonly model: Places
  /** Where the model's name stands in responses and events. */
  readonly answeringModel: Places
  /**
   * How a stream is asked for: by `stream: true`, by `stream` not being false, or by the path.
   * Undefined where there are none.
   */
  readonly stream?: 'true' | 'not-false' | 'path'
  /** Where a client asks for usage in its stream, without which there is none. */
  readonly usageOption?: string
  /** Most tokens of one answer, thinking included. */
  readonly outputTokens: Places
  /** How many answers are made of one request, each up to the bound; also those that nobody gets to see. */
  readonly answers: Places
}
