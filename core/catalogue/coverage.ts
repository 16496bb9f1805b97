/** Which models have a price and for how long, and which prices were read long ago. Pure. */
import type { Registry } from './registry.ts'

/** How far the prices of one provider go. */
export interface Coverage {
  readonly provider: string
  /** Ids of its models. */
  readonly models: readonly string[]
  /** Models without a price at that instant. */
  readonly unpriced: readonly string[]
  /** Models whose price ends, with nothing after it. */
  readonly ending: readonly { readonly model: string; readonly toAt: number }[]
  /** Models whose price was read before the instant asked for. */
  readonly old: readonly { readonly model: string; readonly readAt: number }[]
}

/**
 * Looks at every model of every provider.
 * @param at whose prices count.
 * @param readSinceAt prices that were read before are old.
 */
export function coverageOf(registry: Registry, at: number, readSinceAt: number): readonly Coverage[] {
  const { providers } = registry
  return providers.map(({ id: provider, models }) => {
    const unpriced: string[] = []
    const ending: { readonly model: string; readonly toAt: number }[] = []
    const old: { readonly model: string; readonly readAt: number }[] = []
    for (const { id: model } of models) {
      const price = registry.priceAt(provider, model, at)
      if (price === undefined) {
        unpriced.push(model)
        continue
      }
      const endAt = endOf(registry, provider, model, price.toAt)
      if (Number.isFinite(endAt)) ending.push({ model, toAt: endAt })
      if (price.source.readAt < readSinceAt) old.push({ model, readAt: price.source.readAt })
    }
    return { provider, models: models.map(({ id }) => id), unpriced, ending, old }
  })
}

/** When the last of the prices ends that follow each other without a gap. */
function endOf(registry: Registry, provider: string, model: string, toAt: number): number {
  let endAt = toAt
  for (let next = registry.priceAt(provider, model, endAt); next !== undefined; ) {
    endAt = next.toAt
    next = registry.priceAt(provider, model, endAt)
  }
  return endAt
}
