/** What plugins may ask about models and prices. Types only; who answers, and from where, is not known here. */

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
