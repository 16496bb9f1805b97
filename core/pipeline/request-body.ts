/**
 * The body of a request: collected once, read and edited by plugins, sent to
 * the upstream as often as it takes. Knows nothing of routes and phases; who
 * may look is decided by `readable`, which the pipeline sets before each plugin.
 */
import type { StaticDecode, TSchema } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { isObject } from '../dialects/json.ts'
import { CORE_REASONS, coreRefusal, GatewayError, Refused } from '../errors.ts'
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
    const content = this.#read()
    // Refuses what a parser behind us might read differently from ours.
    scanTopLevel(content, namesIn(schema))
    if (!this.#isParsed) {
      this.#parsed = JSON.parse(content.toString('utf8'))
      this.#isParsed = true
    }
    const problem = Value.Errors(schema, this.#parsed).First()
    if (problem !== undefined) throw misfit(schema, problem.path)
    try {
      return Value.Decode(schema, structuredClone(this.#parsed))
    } catch {
      // What a decoder of the plugin's schema says may quote the body.
      throw misfit(schema, '')
    }
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

/** Names of the members that a schema knows at the top level. */
function namesIn(schema: unknown): readonly string[] {
  return isObject(schema) && isObject(schema.properties) ? Object.keys(schema.properties) : []
}

/** Names the place that does not fit, as far as the schema knows it: a name beyond that would be the client's own. */
function misfit(schema: unknown, path: string): Refused {
  let place = ''
  let known = schema
  for (const segment of path.split('/').slice(1)) {
    known = memberOf(known, segment)
    if (known === undefined) break
    place += `/${segment}`
  }
  const reason = CORE_REASONS.invalid_body
  if (place === '') return coreRefusal('invalid_body')
  return new Refused('invalid_body', { ...reason, message: `${reason.message.slice(0, -1)} at \`${place}\`.` })
}

function memberOf(schema: unknown, segment: string): unknown {
  if (!isObject(schema)) return undefined
  const { properties, items } = schema
  if (isObject(properties)) return Object.hasOwn(properties, segment) ? properties[segment] : undefined
  return /^\d{1,9}$/.test(segment) ? items : undefined
}
