/**
 * The words in which a dialect's file says where text stands in its bodies: a
 * shape for each place, which says what a string there is and what stands below.
 * Knows no dialect and walks nothing.
 */

/**
 * What a string is. `text`: words that somebody said or will read. `json`: JSON written into a string, with text of its
 * own inside. `identifier`: a word that the API, a program or a provider chose. `opaque`: nothing that can be read as it
 * stands: an image, a signature, a token.
 */
export type TextKind = 'text' | 'json' | 'identifier' | 'opaque'

/** Who says it. `definition` is what a tool or a schema says of itself. */
export type Role = 'system' | 'user' | 'assistant' | 'tool' | 'definition'

/** What there is besides plain words. */
export type Matter =
  | 'image'
  | 'audio'
  | 'video'
  | 'file'
  | 'link'
  | 'tokens'
  | 'signature'
  | 'encrypted'
  | 'secret'
  | 'padding'
  | 'vector'

/** What a string at one place is. */
export interface Leaf {
  readonly kind: TextKind
  /** Undefined for plain words and identifiers. */
  readonly holds: Matter | undefined
  /**
   * Whether words that were replaced on the way out may be put back here: it is shown to whoever asked. Not in links
   * (they are followed), tokens (they are counted) and identifiers (they are compared).
   */
  readonly isRestorable: boolean
  /** A piece of a text that goes on in later events. */
  readonly isPiece: boolean
}

/** What stands at one place of a body, for each type of JSON that may stand there. What is left out is unknown. */
export interface Shape {
  /** What a string is. */
  readonly string?: Leaf
  /** What a number is, where numbers are content: the tokens of a prompt. */
  readonly number?: Leaf
  /** What the entries of an array are. */
  readonly items?: Shape
  /** What the members of an object are. */
  readonly members?: ReadonlyMap<string, Shape>
  /** What members are that have other names. */
  readonly others?: Shape
  /** What the names of members are, where somebody chose them: `metadata`, arguments, properties of a schema. */
  readonly names?: Leaf
  /** Who says all that stands here. */
  readonly role?: Role
  /** The role is told by the member `role` of the object that stands here. */
  readonly hasRole?: boolean
  /** Objects that differ by the word in one of their members: `type`. */
  readonly variants?: { readonly by: string; readonly shapes: ReadonlyMap<string, Shape> }
  /** Objects that differ by which member they have: the first one that is there decides. */
  readonly marked?: readonly (readonly [member: string, shape: Shape])[]
}

function leaf(kind: TextKind, holds?: Matter, isPiece = false): Shape {
  const isRestorable = (kind === 'text' || kind === 'json') && holds === undefined
  return { string: { kind, holds, isRestorable, isPiece } }
}

/** Words that somebody said or will read. */
export const TEXT: Shape = leaf('text')
/** A piece of them, in a stream. */
export const TEXT_PIECE: Shape = leaf('text', undefined, true)
/** JSON in a string: the arguments of a tool. */
export const JSON_TEXT: Shape = leaf('json')
/** A piece of it, in a stream. */
export const JSON_PIECE: Shape = leaf('json', undefined, true)
/** A word that the API, a program or a provider chose. */
export const WORD: Shape = leaf('identifier')
/** A URL that somebody chose or found. */
export const LINK: Shape = leaf('text', 'link')
/** A token of a text, spelled out beside its probability: cut where no word ends. */
export const TOKEN: Shape = leaf('text', 'tokens')
/** An image, in base64 or behind a URL. */
export const IMAGE: Shape = leaf('opaque', 'image')
/** Sound, in base64 or behind a URL. */
export const AUDIO: Shape = leaf('opaque', 'audio')
/** A video, in base64 or behind a URL. */
export const VIDEO: Shape = leaf('opaque', 'video')
/** A file of any kind, in base64 or behind a URL. */
export const FILE: Shape = leaf('opaque', 'file')
/** A proof that only its maker can read. */
export const SIGNATURE: Shape = leaf('opaque', 'signature')
/** Content that only its maker can read. */
export const ENCRYPTED: Shape = leaf('opaque', 'encrypted')
/** A credential inside a body. */
export const SECRET: Shape = leaf('opaque', 'secret')
/** Random characters that hide the length of a message. */
export const PADDING: Shape = leaf('opaque', 'padding')
/** Numbers of an embedding, packed into a string. */
export const VECTOR: Shape = leaf('opaque', 'vector')

/** An object with these members. */
export function object(members: Readonly<Record<string, Shape>>, more: Omit<Shape, 'members'> = {}): Shape {
  return { ...more, members: new Map(Object.entries(members)) }
}

/** An array of these. */
export function list(items: Shape): Shape {
  return { items }
}

/** Shapes that are being made, and what is to be done once all of them are. */
const unfinished = new Set<Shape>()
const afterwards: (() => void)[] = []

/** Either of several, told apart by their JSON type. The first one to say something of a type is right. */
export function either(...shapes: readonly Shape[]): Shape {
  const joined: Shape = {}
  const join = () => Object.assign(joined, ...shapes.toReversed())
  join()
  if (shapes.some(shape => unfinished.has(shape))) {
    unfinished.add(joined)
    afterwards.push(join)
  }
  return joined
}

/** An object whose members bear names that somebody chose. */
export function named(others: Shape): Shape {
  return { others, ...(TEXT.string && { names: TEXT.string }) }
}

/** Members that are all words, for use among those of {@link object}. */
export function words(names: string): Readonly<Record<string, Shape>> {
  return same(names, WORD)
}

/** Members that are all alike, for use among those of {@link object}. */
export function same(names: string, shape: Shape): Readonly<Record<string, Shape>> {
  return Object.fromEntries(names.split(' ').map(name => [name, shape]))
}

/** Also under the names in snake_case, which protobuf's JSON mapping takes too (https://protobuf.dev/programming-guides/json). */
export function inBothCases(members: Readonly<Record<string, Shape>>): Readonly<Record<string, Shape>> {
  const snake = Object.entries(members).map(
    ([name, shape]) => [name.replace(/[A-Z]/g, letter => `_${letter.toLowerCase()}`), shape] as const
  )
  return { ...Object.fromEntries(snake), ...members }
}

/** A shape that holds itself. What `make` returns may hold it, or offer it in {@link either}, but not copy it. */
export function recursive(make: (self: Shape) => Shape): Shape {
  const self: Shape = {}
  const isOutermost = unfinished.size === 0
  unfinished.add(self)
  Object.assign(self, make(self))
  if (isOutermost) {
    for (const join of afterwards.splice(0)) join()
    unfinished.clear()
  }
  return self
}

/** Whatever somebody chose to write, names included. */
export const FREE: Shape = recursive(self => ({ ...TEXT, ...named(self), items: self }))

/** Figures, settings and facts of the API: however deep, every string is a word. */
export const WORDS: Shape = recursive(self => ({ ...WORD, others: self, items: self }))

/** A file that came as the part of a form: what it is called, and its type. */
export const FORM_FILE: Shape = object({ filename: TEXT, content_type: WORD })

/** A word, or several. */
export const WORD_OR_WORDS: Shape = either(WORD, list(WORD))
/** A text, or several. */
export const TEXT_OR_TEXTS: Shape = either(TEXT, list(TEXT))
