/**
 * Goes round a map a few entries at a time and drops what nobody needs, so that
 * no pause and no timer is needed to keep a map small. Pure.
 */

/** Drops entries of a map for which `isIdle` is true. */
export class Sweeper<Value> {
  readonly #map: Map<string, Value>
  readonly #isIdle: (value: Value, nowMs: number) => boolean
  #entries: MapIterator<[string, Value]>

  constructor(map: Map<string, Value>, isIdle: (value: Value, nowMs: number) => boolean) {
    this.#map = map
    this.#isIdle = isIdle
    this.#entries = map.entries()
  }

  /** Looks at the next `count` entries; called before each entry that is added, with 2 or more, the map cannot outgrow what is needed twice over. */
  step(count: number, nowMs: number): void {
    for (let looked = 0; looked < count; looked++) {
      const { done, value } = this.#entries.next()
      if (done === true) {
        this.#entries = this.#map.entries()
        return
      }
      const [key, entry] = value
      if (this.#isIdle(entry, nowMs)) this.#map.delete(key)
    }
  }
}
