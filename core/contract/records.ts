/** Rows that may be kept, and commands that a plugin may add. Types only. */
import type { TObject } from '@sinclair/typebox'

/** A closed row type. Field types cannot hold free text, except `SealedText`, which no exchange can reach. */
export interface RecordKind {
  readonly purpose: string
  readonly class: 'access' | 'usage' | 'billing' | 'audit' | 'account' | 'consent'
  readonly fields: TObject
  /** Field that names the subject, if rows belong to one. */
  readonly subject?: string
  /** Columns that stay readable for queries; all others are sealed. */
  readonly clear: readonly string[]
}

/** A `tacit <name>` command. */
export interface Command {
  readonly name: string
  readonly summary: string
  readonly options: TObject
  /** @returns the exit code. */
  run(options: unknown, out: (line: string) => void): Promise<number>
}
