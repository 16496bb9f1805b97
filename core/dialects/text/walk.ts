/**
 * Visits every string of a body and says what it is, by the shape of its
 * dialect. Strings that the shape does not know are visited as `unknown`, so
 * nothing passes unseen. Runs over whatever a parser made of hostile bytes:
 * nothing throws, depth is bounded, prototypes are not looked at. Pure.
 */
import { isObject, type JsonObject } from '../json.ts'
import { FREE, type Leaf, type Matter, type Role, type Shape, type TextKind } from './shape.ts'

/** Nesting beyond this is not visited: the gateway reads no deeper JSON anyway. */
export const MAX_TEXT_DEPTH = 256

/** Where a value stands in a body: names of members and numbers of entries. */
export type Path = readonly (string | number)[]

/** One string of a body. The same object is used for all of them: read it before the visit returns. */
export interface TextPlace {
  /** The string, JSON not yet read; a number in digits, where numbers are content. */
  readonly value: string
  /** `unknown` where the dialect's facts do not say. Treat it as text. */
  readonly kind: TextKind | 'unknown'
  /** Undefined where nobody in particular says it. */
  readonly role: Role | undefined
  /** What it is besides plain words. */
  readonly holds: Matter | undefined
  /** Whether words that were replaced on the way out may be put back here. */
  readonly isRestorable: boolean
  /** A piece of a text that goes on in later events: {@link TextPlace.lane} tells of which. */
  readonly isPiece: boolean
  /** The string is the name of a member, chosen by somebody; its path is that of the member. */
  readonly isName: boolean
  /** A new array each time. */
  path(): Path
  /**
   * The same for all pieces of one text, and for those of no other text in the stream: the path, in which entries are
   * called by their own `index` where they tell one, and what the event says of its place in the answer.
   */
  lane(): string
}

/**
 * Visits all strings of `value`, in the order in which they stand there.
 * @param shape Undefined where nothing is known: every string is `unknown` then.
 * @param role Who says what no shape gives to somebody else: `assistant` for a response.
 * @returns false when something was nested too deep to be visited: whoever must see all of it refuses it then.
 */
export function visitText(
  shape: Shape | undefined,
  value: unknown,
  visit: (place: TextPlace) => void,
  role?: Role
): boolean {
  return new Walk(value, visit).run(shape, role)
}

/** Visits every string of what somebody wrote freely, such as the arguments of a tool that stood in a string: all is text. */
export function visitFreeText(value: unknown, visit: (place: TextPlace) => void, role?: Role): boolean {
  return visitText(FREE, value, visit, role)
}

class Walk implements TextPlace {
  readonly #root: unknown
  readonly #visit: (place: TextPlace) => void
  readonly #path: (string | number)[] = []
  #leaf: Leaf | undefined
  #isWhole = true
  value = ''
  role: Role | undefined
  isName = false

  constructor(root: unknown, visit: (place: TextPlace) => void) {
    this.#root = root
    this.#visit = visit
  }

  get kind(): TextKind | 'unknown' {
    return this.#leaf?.kind ?? 'unknown'
  }

  get holds(): Matter | undefined {
    return this.#leaf?.holds
  }

  get isRestorable(): boolean {
    return this.#leaf?.isRestorable === true && !this.isName
  }

  get isPiece(): boolean {
    return this.#leaf?.isPiece === true
  }

  path(): Path {
    return this.#path.slice()
  }

  lane(): string {
    let lane = placeOfEvent(this.#root)
    let at = this.#root
    for (const step of this.#path) {
      at = stepInto(at, step)
      const index = typeof step === 'number' && isObject(at) ? at.index : undefined
      lane += `/${typeof index === 'number' ? index : String(step)}`
      // Gemini tells thoughts and answer apart by a mark on the part, and counts neither.
      if (isObject(at) && at.thought === true) lane += '!'
    }
    return lane
  }

  run(shape: Shape | undefined, role: Role | undefined): boolean {
    this.#value(shape, this.#root, role)
    return this.#isWhole
  }

  #value(shape: Shape | undefined, value: unknown, role: Role | undefined): void {
    if (typeof value === 'string') this.#tell(shape?.string, value, shape?.role ?? role)
    else if (typeof value === 'number') {
      if (shape?.number !== undefined) this.#tell(shape.number, String(value), shape.role ?? role)
    } else if (typeof value === 'object' && value !== null) this.#inner(shape, value, role)
  }

  #inner(shape: Shape | undefined, value: object, role: Role | undefined): void {
    if (this.#path.length >= MAX_TEXT_DEPTH) this.#isWhole = false
    else if (Array.isArray(value)) this.#array(shape, value, shape?.role ?? role)
    else if (isObject(value)) this.#object(shape, value, role)
  }

  #array(shape: Shape | undefined, entries: readonly unknown[], role: Role | undefined): void {
    const path = this.#path
    const depth = path.length
    const items = shape?.items
    for (let index = 0; index < entries.length; index++) {
      const entry = entries[index]
      // Vectors have thousands of these.
      if (typeof entry === 'number' && items?.number === undefined) continue
      path[depth] = index
      this.#value(items, entry, role)
    }
    path.length = depth
  }

  #object(given: Shape | undefined, value: JsonObject, outer: Role | undefined): void {
    const path = this.#path
    const depth = path.length
    const shape = variantOf(given, value)
    const role = (shape?.hasRole === true ? roleOf(value.role) : undefined) ?? shape?.role ?? given?.role ?? outer
    const members = shape?.members
    const names = shape?.names
    // What JSON.parse made has no members but its own.
    for (const name in value) {
      path[depth] = name
      const member = members?.get(name)
      if (member === undefined && names !== undefined) {
        this.isName = true
        this.#tell(names, name, role)
        this.isName = false
      }
      this.#value(member ?? shape?.others, value[name], role)
    }
    path.length = depth
  }

  #tell(leaf: Leaf | undefined, value: string, role: Role | undefined): void {
    this.#leaf = leaf
    this.value = value
    this.role = role
    this.#visit(this)
  }
}

function variantOf(shape: Shape | undefined, value: JsonObject): Shape | undefined {
  if (shape === undefined) return undefined
  const { marked, variants } = shape
  if (marked !== undefined) {
    for (const [member, other] of marked) if (Object.hasOwn(value, member)) return variantOf(other, value)
  }
  if (variants === undefined) return shape
  const word = Object.hasOwn(value, variants.by) ? value[variants.by] : undefined
  return (typeof word === 'string' ? variants.shapes.get(word) : undefined) ?? shape
}

/** The words for who speaks, in any dialect and any letters. */
function roleOf(word: unknown): Role | undefined {
  if (typeof word !== 'string' || word.length > 16) return undefined
  switch (word.toLowerCase()) {
    case 'system':
    case 'developer':
      return 'system'
    case 'user':
      return 'user'
    case 'assistant':
    case 'model':
    case 'chatbot':
      return 'assistant'
    case 'tool':
    case 'function':
      return 'tool'
    default:
      return undefined
  }
}

function stepInto(value: unknown, step: string | number): unknown {
  if (Array.isArray(value)) return typeof step === 'number' ? value[step] : undefined
  return isObject(value) && Object.hasOwn(value, step) ? value[step] : undefined
}

/** Members by which events say what they are and where in the answer they belong (Anthropic, OpenAI Responses, Bedrock). */
const PLACES = [
  'type',
  'index',
  'item_id',
  'output_index',
  'content_index',
  'summary_index',
  'contentBlockIndex'
] as const

function placeOfEvent(event: unknown): string {
  if (!isObject(event)) return ''
  let place = ''
  for (const name of PLACES) {
    const value = event[name]
    place += typeof value === 'number' || typeof value === 'string' ? `${value},` : ','
  }
  return place
}
