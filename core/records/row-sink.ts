/** Where the rows of plugins go: to the records, or, in dry runs and tests, no further than to be judged. */
import type { Clock } from '../clock.ts'
import type { RecordPage, RecordQuery } from '../contract/records.ts'
import type { RollupFigures, RollupQuery } from '../contract/rollups.ts'
import { GatewayError } from '../errors.ts'
import type { PluginDefinition } from '../plugin.ts'
import { Writer } from './codec.ts'
import { type CompiledKind, compileKind, type Row } from './kind.ts'
import { writeRow } from './row.ts'
import type { Vocabulary } from './vocabulary.ts'

/** A kind that rows can be appended to. */
export interface OpenKind {
  readonly kind: CompiledKind
  readonly number: number
  /** Longest life of a row in ms: the kind's own, or that of its class if it is shorter. */
  readonly lifeMs: number
}

/** Takes rows. */
export interface RowSink {
  /** Makes a kind known, and judges it. @throws GatewayError `TACIT_RECORD_KIND`. */
  kind(plugin: string, name: string, declared: unknown): OpenKind
  /** Never waits. @throws GatewayError `TACIT_ROW_REFUSED`. */
  append(open: OpenKind, row: Row): void
  /** Whether rows that are appended now may be lost. */
  readonly isAtRisk: boolean
  /** @param kind its full name, such as `metering.usage`. @throws GatewayError `TACIT_QUERY_INVALID`. */
  query(kind: string, query: RecordQuery): Promise<RecordPage>
  /** @param kind its full name. @throws GatewayError `TACIT_QUERY_INVALID`. */
  rollup(kind: string, query: RollupQuery): Promise<readonly RollupFigures[]>
}

/** What one plugin does with rows of its own kinds. */
export interface PluginRows {
  /** @throws GatewayError `TACIT_RECORD_UNKNOWN`, `TACIT_RECORD_TEXT`, `TACIT_ROW_REFUSED`. */
  record(kind: string, row: Row): void
  /** Whether rows that are appended now may be lost. */
  readonly isAtRisk: boolean
  /** Rejects with GatewayError `TACIT_RECORD_UNKNOWN`, `TACIT_QUERY_INVALID`. */
  query(kind: string, query: RecordQuery): Promise<RecordPage>
  /** Rejects as `query` does. */
  rollup(kind: string, query: RollupQuery): Promise<readonly RollupFigures[]>
}

/** Opens the kinds that a plugin declares. @throws GatewayError `TACIT_RECORD_KIND`, `TACIT_RECORDS_CLOSED`. */
export function rowsOfPlugin({ name: plugin, records = {} }: PluginDefinition, sink: RowSink): PluginRows {
  const kinds = new Map(Object.entries(records).map(([name, declared]) => [name, sink.kind(plugin, name, declared)]))
  const need = (kind: string): OpenKind => {
    const open = kinds.get(kind)
    if (open !== undefined) return open
    throw new GatewayError('TACIT_RECORD_UNKNOWN', `The plugin "${plugin}" declares no such kind of records.`)
  }
  return {
    record(kind, row) {
      const open = need(kind)
      if (open.kind.holdsText) {
        throw new GatewayError(
          'TACIT_RECORD_TEXT',
          `Rows of "${open.kind.name}" hold text of people, so that no exchange may write them.`
        )
      }
      sink.append(open, row)
    },
    get isAtRisk() {
      return sink.isAtRisk
    },
    query: async (kind, query) => await sink.query(need(kind).kind.name, query),
    rollup: async (kind, query) => await sink.rollup(need(kind).kind.name, query)
  }
}

/** Judges rows, and keeps none. */
export class JudgingSink implements RowSink {
  readonly isAtRisk = false
  readonly #clock: Clock
  readonly #vocabulary: Vocabulary

  constructor(clock: Clock, vocabulary: Vocabulary) {
    this.#clock = clock
    this.#vocabulary = vocabulary
  }

  kind(plugin: string, name: string, declared: unknown): OpenKind {
    const kind = compileKind(plugin, name, declared)
    return { kind, number: 0, lifeMs: kind.longestLifeMs }
  }

  append({ kind }: OpenKind, row: Row): void {
    const now = this.#clock.now()
    const writer = new Writer(Buffer.alloc(kind.mostBytes))
    const context = { vocabulary: this.#vocabulary, now, oldest: 0, youngest: Number.MAX_SAFE_INTEGER, newId }
    writeRow(writer, 0, kind, row, context)
  }

  async query(): Promise<RecordPage> {
    return { rows: [], cursor: undefined }
  }

  async rollup(): Promise<readonly RollupFigures[]> {
    return []
  }
}

const NO_ID = new Uint8Array(16)

function newId(writer: Writer): void {
  writer.append(NO_ID)
}

/** Stands where no records were opened, because no plugin kept any when the gateway was started. */
export class ClosedSink implements RowSink {
  readonly isAtRisk = true
  kind(plugin: string): OpenKind {
    throw new GatewayError(
      'TACIT_RECORDS_CLOSED',
      `The plugin "${plugin}" keeps rows, and records are opened only when a gateway starts.`,
      'Start the gateway anew.'
    )
  }

  append(): void {
    throw closed()
  }

  async query(): Promise<RecordPage> {
    throw closed()
  }

  async rollup(): Promise<readonly RollupFigures[]> {
    throw closed()
  }
}

function closed(): GatewayError {
  return new GatewayError('TACIT_RECORDS_CLOSED', 'No records are open.')
}
