/** Rows that may be kept, and commands that a plugin may add. Types only. */
import type { TObject } from '@sinclair/typebox'
import type { RecordRollup } from './rollups.ts'

/** What a kind of record is kept for; what may be kept how long is said for each class. */
export type RecordClass = 'access' | 'usage' | 'billing' | 'audit' | 'account' | 'consent'

/** A closed row type. Field types cannot hold free text, except `SealedText`, which no exchange can reach. */
export interface RecordKind {
  readonly purpose: string
  readonly class: RecordClass
  readonly fields: TObject
  /** Field that names the subject, if rows belong to one: a `KnownName` or a `Uuid`. Its value is always sealed, and can always be asked for. */
  readonly subject?: string
  /** Field that names the row, a `Uuid`: of rows with the same name and instant, one is kept. Needs `at`. */
  readonly id?: string
  /** Field that holds the row's instant, which decides on its day. The moment of `host.record`, if not given. */
  readonly at?: string
  /** Columns that stay readable for queries; all others are sealed. */
  readonly clear: readonly string[]
  /** Longest life of a row in ms, at least two days; the configuration may shorten it. */
  readonly longestLifeMs?: number
  /** What is added up of the rows, and outlives them. */
  readonly rollup?: RecordRollup
}

/** A value of a row, as it is read: names, pseudonyms and digests are text. */
export type RecordValue = string | number | bigint | boolean

/** A row that was kept. Fields that it was written without are not there. */
export interface RecordRow {
  /** A UUID. */
  readonly id: string
  /** ms since the epoch. */
  readonly at: number
  readonly fields: Readonly<Record<string, RecordValue>>
}

/** What a clear column is compared with: one value, one of several, or a range whose ends belong to it. */
export type RecordFilter =
  | RecordValue
  | readonly RecordValue[]
  | { readonly from?: number | undefined; readonly to?: number | undefined }

/** What to read of one kind. */
export interface RecordQuery {
  /** ms since the epoch; rows of that moment belong to it. */
  readonly from?: number | undefined
  /** ms since the epoch; rows of that moment do not belong to it. */
  readonly to?: number | undefined
  /** By clear column, or by the subject's field. */
  readonly where?: Readonly<Record<string, RecordFilter>> | undefined
  /** Default: `newest` first. */
  readonly order?: 'newest' | 'oldest' | undefined
  /** Rows, 1 to 1,000. Default 100. */
  readonly limit?: number | undefined
  /** Of the page before. */
  readonly cursor?: string | undefined
  /** The row of that name, a UUID. */
  readonly id?: string | undefined
  /** Reads clear columns only, which is cheaper: nothing is unsealed. */
  readonly clearOnly?: boolean | undefined
}

/** Some rows, in order of their instants. */
export interface RecordPage {
  readonly rows: readonly RecordRow[]
  /** For the next page; undefined when there is none. A page may be short, or empty, and still have one. */
  readonly cursor: string | undefined
}

/** What a command may use of the outside. */
export interface CommandTools {
  /**
   * What a running gateway answers on its admin listener: the JSON of a GET, asked with the token of `TACIT_ADMIN_TOKEN`.
   * Only for commands that say `asks`. @throws GatewayError `TACIT_ADMIN_UNREACHABLE`, `TACIT_ADMIN_REFUSED`.
   */
  ask(path: string): Promise<unknown>
  /** Text of a file that the user has named; at most 64 MiB. @throws GatewayError when it cannot be read. */
  read(file: string): Promise<string>
}

/** A `tacit <name>` command. */
export interface Command {
  /** One word, or two: commands whose first word is the same stand together. */
  readonly name: string
  readonly summary: string
  readonly options: TObject
  /** Options that stand behind the name, in this order and without `--`. All of them are needed. */
  readonly arguments?: readonly string[]
  /** Whether it asks a running gateway: the user may say which one then. */
  readonly asks?: boolean
  /** @returns the exit code. */
  run(options: unknown, out: (line: string) => void, tools: CommandTools): Promise<number>
}
