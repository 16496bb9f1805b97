/** What every dialect's file says about its dialect. Types and names; each fact names its source where it is stated. */

/** The API that a body is written in; `http` where nothing is known of it. */
export type Dialect = (typeof DIALECTS)[number]

/** All of them, for schemas. */
export const DIALECTS = [
  'openai-chat',
  'openai-completions',
  'openai-responses',
  'openai-embeddings',
  'anthropic-messages',
  'gemini',
  'http'
] as const

/** What a body is written in, down to the call that it belongs to. */
export type Format =
  | Dialect
  | 'openai-images'
  | 'openai-audio'
  | 'openai-moderations'
  | 'openai-files'
  | 'gemini-interactions'
  | 'mistral'
  | 'cohere'
  | 'ollama'
  | 'bedrock-converse'
  | 'bedrock-invoke'
  | 'rerank'
  | 'model-list'

/** An error of the gateway, before it is written in a dialect. Holds fixed sentences and identifiers, never content. */
export interface DialectError {
  /** 4xx or 5xx. Inside a stream: the status it would have had. */
  readonly status: number
  /** Stable snake_case word. */
  readonly reason: string
  /** A sentence for a human. */
  readonly message: string
  /** The gateway's id of the exchange. */
  readonly requestId: string
  /** Whether trying again can help. */
  readonly retryable: boolean
}

/** An error that a provider sent inside a stream which had begun with 200. */
export interface StreamError {
  /** The HTTP status it would have had; undefined where the event does not tell. */
  readonly status: number | undefined
}

/**
 * What is known of answers in one format. `eventType` is the name of a server-sent event, `message` when the stream
 * names none (WHATWG HTML, 9.2.6), or of an AWS message; `data` is its data, which may be anything: nothing throws.
 */
export interface ReadingFacts {
  /**
   * Whether an event commits the gateway to this attempt: it carries content (text, reasoning, a tool call, a refusal,
   * audio) or ends the answer. Openings, pings and empty pieces do not. What is not known does: nothing unknown is ever
   * held back. Ask {@link streamError} first; errors are not looked for here.
   */
  commits(eventType: string, data: string): boolean
  /** The error that this event is, or undefined when it is none. */
  streamError(eventType: string, data: string): StreamError | undefined
  /** The error that a whole body is, parsed, instead of an answer; undefined when it is none. */
  bodyError(body: unknown): StreamError | undefined
}

/** Facts about one dialect: what is known of its streams, and how the gateway writes its own errors in it. */
export interface DialectFacts extends Pick<ReadingFacts, 'commits' | 'streamError'> {
  readonly dialect: Dialect
  /** Header in which the provider tells its id of a request, and the official SDK looks for it. */
  readonly requestIdHeader: string
  /** Content type of {@link errorBody}. */
  readonly errorContentType: string
  /** Body of a response that is an error. */
  errorBody(error: DialectError): string
  /**
   * A whole event, with the blank line that ends it, which makes the official SDK raise an error in the middle of a
   * stream. Send it at the boundary of two events and close after it: it is never followed by a terminator.
   */
  errorEvent(error: DialectError): string
}
