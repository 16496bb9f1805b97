/**
 * The body of a request: collected once, read and edited by plugins, sent to
 * the upstream as often as it takes. Knows nothing of routes and phases; who
 * may look is decided by `readable`, which the pipeline sets before each plugin.
 */
import type { StaticDecode, TSchema } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { coreRefusal, GatewayError } from '../errors.ts'
import type { RequestBody } from '../plugin.ts'
import { type Scalar, scanTopLevel } from './scan.ts'

const EMPTY = Buffer.alloc(0)

/** One request's body, once it is there. */
export class CollectedBody implements RequestBody {
  /** Whether the plugin that runs now has declared `request-body`. */
  readable = false
  /** Undefined until the body was collected. */
  #content: Buffer | undefined
  #parsed: unknown
  #isParsed = false

  /** The bytes for the upstream; undefined when the body was never collected. */
  get content(): Buffer | undefined {
    return this.#content
  }

  /** Hands over what the client sent. */
  fill(content: Buffer): void {
    this.#content = content
  }

  bytes(): Uint8Array {
    return this.#read()
  }

  json<Schema extends TSchema>(schema: Schema): StaticDecode<Schema> {
    if (!this.#isParsed) {
      this.#parsed = parse(this.#read())
      this.#isParsed = true
    }
    this.#read()
    const problem = Value.Errors(schema, this.#parsed).First()
    if (problem !== undefined) throw coreRefusal('invalid_body')
    return Value.Decode(schema, structuredClone(this.#parsed))
  }

  scan(names: readonly string[]): readonly (Scalar | undefined)[] {
    return scanTopLevel(this.#read(), names)
  }

  replace(content: Uint8Array | string): void {
    this.#read()
    this.#write(typeof content === 'string' ? Buffer.from(content) : Buffer.from(content))
  }

  splice(edits: readonly { readonly start: number; readonly end: number; readonly text: string }[]): void {
    const content = this.#read()
    const pieces: Uint8Array[] = []
    let at = 0
    for (const { start, end, text } of edits) {
      if (!(Number.isInteger(start) && Number.isInteger(end) && at <= start && start <= end && end <= content.length)) {
        throw new GatewayError('TACIT_SPLICE_INVALID', 'A plugin edited ranges that overlap or lie outside the body.')
      }
      pieces.push(content.subarray(at, start), Buffer.from(text))
      at = end
    }
    pieces.push(content.subarray(at))
    this.#write(Buffer.concat(pieces))
  }

  #read(): Buffer {
    if (!this.readable) {
      throw new GatewayError(
        'TACIT_DATA_UNDECLARED',
        'A plugin read the request body without declaring it.',
        'Add `request-body` to `data.reads` of the plugin.'
      )
    }
    return this.#content ?? EMPTY
  }

  #write(content: Buffer): void {
    this.#content = content
    this.#parsed = undefined
    this.#isParsed = false
  }
}

function parse(content: Buffer): unknown {
  try {
    return JSON.parse(content.toString('utf8'))
  } catch {
    // The parser's message quotes the body.
    throw coreRefusal('invalid_json')
  }
}
