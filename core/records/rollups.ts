/**
 * The figures of all kinds that want some: knows which partitions have rows that were not added up yet, those of before
 * a crash among them, and adds them in small steps, so that rows that arrive meanwhile do not wait long.
 */
import { existsSync } from 'node:fs'
import type { KeyStore } from './key-store.ts'
import type { KindLayout } from './kind.ts'
import { PartitionReader } from './partition-reader.ts'
import { dayOfPartition, listPartitions, partitionFile, rollupFile } from './partitions.ts'
import { hasTables } from './reader.ts'
import { RollupFile } from './rollup-file.ts'
import type { RollupLayout } from './rollup-layout.ts'

/** Partitions that are kept open for reading. */
const MAX_OPEN = 4

/** Adds up what a writer writes. */
export class Rollups {
  readonly #directory: string
  readonly #keys: KeyStore
  readonly #files = new Map<string, { readonly file: RollupFile; readonly layout: RollupLayout }>()
  /** Partitions with rows that were not added yet. */
  readonly #due = new Map<string, { readonly kind: string; readonly partition: string }>()
  readonly #open = new Map<string, PartitionReader>()

  constructor(directory: string, keys: KeyStore) {
    this.#directory = directory
    this.#keys = keys
  }

  /** Says what is added up of a kind. Rows that are there already are due, whoever wrote them. */
  setKind({ name, rollup }: Pick<KindLayout, 'name' | 'rollup'>): void {
    if (rollup === undefined) return
    const known = this.#files.get(name)
    if (known !== undefined && JSON.stringify(known.layout) === JSON.stringify(rollup)) return
    known?.file.close()
    const file = new RollupFile(rollupFile(this.#directory, name), rollup, this.#keys)
    this.#files.set(name, { file, layout: rollup })
    this.#lookAround(name)
  }

  /** Notes that a partition has got rows. */
  touch(kind: string, partition: string): void {
    if (this.#files.has(kind)) this.#due.set(`${kind}/${partition}`, { kind, partition })
  }

  /** Adds some of the rows that are due. @returns whether more of them are. */
  step(): boolean {
    const [next] = this.#due
    if (next === undefined) return false
    const [name, { kind, partition }] = next
    const day = dayOfPartition(partition) ?? ''
    // A day without a key is unreadable, and about to be removed.
    const dayKey = this.#keys.dayKey(kind, day)
    const reader = dayKey === undefined ? undefined : this.#reader(kind, partition, dayKey)
    const file = this.#files.get(kind)?.file
    const hasMore = dayKey !== undefined && reader !== undefined && file?.add(partition, dayKey, reader) === true
    if (!hasMore) this.#due.delete(name)
    return this.#due.size > 0
  }

  /** Adds all rows of all partitions, those that other processes have written, too. */
  finish(): void {
    for (const kind of this.#files.keys()) this.#lookAround(kind)
    while (this.step());
  }

  /** Puts a subject's figures to those of nobody. Rows that are there must have been added before. */
  erase(subject: string): void {
    this.forget()
    for (const { file } of this.#files.values()) file.erase(subject)
  }

  /** Takes away figures that have lived their lives. @param oldest instant that figures are kept of. */
  expire(oldest: number): void {
    for (const [kind, { file }] of this.#files) file.expire(oldest, new Set(listPartitions(this.#directory, kind)))
  }

  /** Closes partitions, and forgets keys that were opened for them. */
  forget(): void {
    for (const reader of this.#open.values()) reader.close()
    this.#open.clear()
  }

  close(): void {
    this.forget()
    for (const { file } of this.#files.values()) file.close()
    this.#files.clear()
  }

  #lookAround(kind: string): void {
    for (const partition of listPartitions(this.#directory, kind)) this.touch(kind, partition)
  }

  #reader(kind: string, partition: string, dayKey: Buffer): PartitionReader | undefined {
    const name = `${kind}/${partition}`
    const known = this.#open.get(name)
    if (known !== undefined) return known
    const file = partitionFile(this.#directory, kind, partition)
    if (!existsSync(file) || !hasTables(file)) return undefined
    for (const [oldest, reader] of this.#open) {
      if (this.#open.size < MAX_OPEN) break
      reader.close()
      this.#open.delete(oldest)
    }
    const made = new PartitionReader(file, kind, partition, this.#keys, dayKey)
    this.#open.set(name, made)
    return made
  }
}
