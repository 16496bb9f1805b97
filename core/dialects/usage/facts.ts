/**
 * What a format's file says about its usage: where the figures stand, and which
 * of them are parts of which. Types only; names of members below each other are
 * joined by dots.
 */

/** Where a count may stand below the usage: the first place that holds one. */
export type Places = readonly string[]

/** Entries of a list that say what they count: Gemini's `[{ "modality": "AUDIO", "tokenCount": 7 }]`. */
export interface Tally {
  /** The first list that is there. */
  readonly lists: Places
  /** Member with the word, compared without regard to case, and the word. */
  readonly by: string
  readonly word: string
  /** Members with the count. */
  readonly counts: Places
}

/** Whether a count is a part of another one, or stands beside it and is added. */
export type Relation = 'within' | 'beside'

/** Entries of a list in a body that are billed by the piece and told nowhere in the usage. */
export interface CountedUnit {
  readonly unit: string
  readonly list: string
  /** The word that the entry has in `type`. */
  readonly type?: string
  /** Words that it has in `action.type` where it costs nothing. */
  readonly freeActions?: readonly string[]
  /** Counted only where no tokens are told: whoever bills by tokens does not bill by the piece as well. */
  readonly insteadOfTokens?: boolean
}

/** Where usage stands in a format, and how its parts relate. */
export interface UsageFacts {
  /** Where the object with the figures stands in a body or an event, empty for the body itself; the first that is there. */
  readonly at: Places
  /**
   * One of these stands in the text of every event that holds usage, so that the others need not be parsed. Names of
   * members without their opening quotation mark, which would stop a search at every string.
   */
  readonly marks: readonly string[]
  /** Tokens of the input, as far as `cache` and `toolInput` do not stand beside them. */
  readonly input: Places
  /** Input that tools of the provider's own fetched; beside `input`. */
  readonly toolInput?: Places
  readonly cache?: {
    /** To `input`. */
    readonly relation: Relation
    readonly read: Places
    /** All that was written, however long it is kept. */
    readonly write?: Places
    /** Kept for minutes. */
    readonly writeShort?: Places | Tally
    /** Kept for an hour or more. */
    readonly writeLong?: Places | Tally
    /** All of these are added. */
    readonly writeLongMore?: Places
  }
  /** Tokens of the output, as far as `reasoning` does not stand beside them. */
  readonly output: Places
  readonly reasoning?: { readonly relation: Relation; readonly from: Places }
  /** To `input` and `output`. */
  readonly audio?: { readonly input?: Places | Tally; readonly output?: Places | Tally }
  /** All tokens together. Where it does not fit, it tells which part stands beside its whole after all. */
  readonly total?: Places
  /** What it is when the total is more than anything that is told: `reasoning`, of providers that hide it; else nothing. */
  readonly surplus?: 'reasoning'
  /** The total is all input, where nothing else is told: vectors and ranks have no output. */
  readonly totalIsInput?: boolean
  /** The unit that a total means which stands alone: what a cache holds. */
  readonly loneTotal?: string
  /** What the provider says it bills, where it says so beside what it counted. */
  readonly billed?: { readonly input: Places; readonly output: Places }
  /**
   * Things billed by the piece, on top of all tokens, by the names that prices have for them; all places are added. What
   * costs nothing by itself has no business here: without a price for it the whole cost would be unknown.
   */
  readonly units?: Readonly<Record<string, Places>>
  /** Units that are told beside the usage object, from the body's or event's top; the first place is right. */
  readonly beside?: Readonly<Record<string, Places>>
  /** Units that are counted where they are not told. */
  readonly counted?: readonly CountedUnit[]
  /**
   * A list below the usage with steps that stand beside it: those of some types are added to it, those of others were
   * another model's, whose name stands in their `model`.
   */
  readonly steps?: { readonly list: string; readonly added: readonly string[]; readonly others: readonly string[] }
}
