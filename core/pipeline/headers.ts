/**
 * Headers as one flat list, `[name, value, name, value, …]`, names in lower
 * case: the form in which they come from the parser and go to both transports,
 * so that nothing is converted on the way.
 */
import { GatewayError } from '../errors.ts'
import type { HeadersEditor } from '../plugin.ts'

/** RFC 9110, 5.6.2: token. */
const NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/
/** RFC 9110, 5.5: visible characters, spaces, tabs and obs-text; no control characters, no line ends. */
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/

/** A list of headers that plugins may read and edit. Owns the array it is given. */
export class HeaderList implements HeadersEditor {
  readonly flat: string[]

  constructor(flat: string[]) {
    this.flat = flat
  }

  get(name: string): string | undefined {
    const wanted = name.toLowerCase()
    const { flat } = this
    let found: string | undefined
    for (let index = 0; index < flat.length; index += 2) {
      if (flat[index] !== wanted) continue
      const value = flat[index + 1] ?? ''
      found = found === undefined ? value : `${found}, ${value}`
    }
    return found
  }

  getAll(name: string): readonly string[] {
    const wanted = name.toLowerCase()
    const { flat } = this
    const values: string[] = []
    for (let index = 0; index < flat.length; index += 2) {
      if (flat[index] === wanted) values.push(flat[index + 1] ?? '')
    }
    return values
  }

  *entries(): Iterable<readonly [name: string, value: string]> {
    const { flat } = this
    for (let index = 0; index < flat.length; index += 2) yield [flat[index] ?? '', flat[index + 1] ?? '']
  }

  set(name: string, value: string): void {
    this.put(checked(name, value), value)
  }

  append(name: string, value: string): void {
    this.flat.push(checked(name, value), value)
  }

  /** Sets what core itself has written: a name in lower case, and a value that can be sent. */
  put(name: string, value: string): void {
    const { flat } = this
    for (let index = 0; index < flat.length; index += 2) {
      if (flat[index] !== name) continue
      flat[index + 1] = value
      this.#deleteFrom(index + 2, name)
      return
    }
    flat.push(name, value)
  }

  delete(name: string): void {
    this.#deleteFrom(0, name.toLowerCase())
  }

  #deleteFrom(start: number, wanted: string): void {
    const { flat } = this
    let kept = start
    for (let index = start; index < flat.length; index += 2) {
      if (flat[index] === wanted) continue
      flat[kept] = flat[index] ?? ''
      flat[kept + 1] = flat[index + 1] ?? ''
      kept += 2
    }
    flat.length = kept
  }
}

/** @returns the name in lower case. */
function checked(name: string, value: string): string {
  if (!NAME.test(name) || !VALUE.test(value)) {
    throw new GatewayError('TACIT_HEADER_INVALID', 'A plugin set a header that cannot be sent.')
  }
  return name.toLowerCase()
}
