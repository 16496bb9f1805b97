/**
 * What is known about the bodies of each API, in one place for router, limiter,
 * meter, redaction, minimiser, retry and error writer. Pure: bytes and values in,
 * values out. Plugins import it as `tacit-gateway/dialects`.
 */
export type Dialect =
  | 'openai-chat'
  | 'openai-completions'
  | 'openai-responses'
  | 'openai-embeddings'
  | 'anthropic-messages'
  | 'gemini'
  | 'http'

/** Facts about one dialect. One small file each under core/dialects/. */
export interface DialectFacts {
  readonly dialect: Dialect
  /** Where text stands in a request, an answer and an event: path, direction, and what kind of text it is. */
  readonly textPaths: readonly {
    readonly path: string
    readonly direction: 'request' | 'response' | 'event'
    readonly kind: 'text' | 'json-in-string' | 'identifier' | 'opaque'
  }[]
  /** Whether an event commits the gateway to this attempt: it carries content. */
  commits(eventType: string, data: string): boolean
  /** Body of an error in this dialect, and the event that says it inside a stream. */
  errorBody(error: {
    readonly status: number
    readonly reason: string
    readonly message: string
    readonly requestId: string
  }): string
  errorEvent(error: { readonly reason: string; readonly message: string; readonly requestId: string }): string
}

/** Providers and models known to the configuration. */
export interface Catalogue {
  model(
    name: string
  ): { readonly id: string; readonly contextTokens: number; readonly maxOutputTokens: number } | undefined
}

/** Prices by provider, model and kind of token; each with its version and validity. */
export interface PriceBook {
  /** Nano-units of `currency` for the whole call, rounded once, half up; undefined when no price is known. */
  price(
    model: string,
    usage: object,
    at: number
  ): { readonly amountNano: bigint; readonly currency: string; readonly version: string } | undefined
}
