/**
 * Where partitions are on the disk: a folder for each kind, in it a file for each
 * day. Figures that outlive them stand in another folder. Knows files and names, nothing of what is in them.
 */
import { existsSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { startOfDay } from './days.ts'

const PARTITION = /^(\d{4}-\d{2}-\d{2})(?:\.\d{1,2})?$/
const KIND = /^[a-z][a-z0-9]*(?:-[a-z0-9]+)*\.[a-z][a-z0-9]*(?:[-_][a-z0-9]+)*$/

/** The file of the keys of a store. */
export function keyFile(directory: string): string {
  return join(directory, 'keys.sqlite')
}

/** The file of events that wait for webhooks. */
export function outboxFile(directory: string): string {
  return join(directory, 'outbox.sqlite')
}

/** The file of rows that wait for Redis, of a lane. */
export function spoolFile(directory: string, lane: number): string {
  return join(directory, `spool-${lane}.sqlite`)
}

/**
 * What a partition is called: by its day, and by its lane where several processes write beside each other, each in a
 * lane of its own.
 */
export function partitionName(day: string, lane: number): string {
  return lane === 0 ? day : `${day}.${lane}`
}

/** The day of a partition; undefined for what is no name of one. */
export function dayOfPartition(name: string): string | undefined {
  const [, day] = PARTITION.exec(name) ?? []
  return day !== undefined && startOfDay(day) !== undefined ? day : undefined
}

/** The file of a partition of a kind. */
export function partitionFile(directory: string, kind: string, name: string): string {
  return join(directory, 'rows', kind, `${name}.sqlite`)
}

/** The file of what is added up of a kind's rows. */
export function rollupFile(directory: string, kind: string): string {
  return join(directory, 'rollups', `${kind}.sqlite`)
}

/** Kinds that have a folder, sorted. */
export function listKinds(directory: string): readonly string[] {
  const folder = join(directory, 'rows')
  if (!existsSync(folder)) return []
  return readdirSync(folder)
    .filter(name => KIND.test(name))
    .sort()
}

/** Days of a kind that have a file, from the oldest. */
export function listDays(directory: string, kind: string): readonly string[] {
  return [...new Set(listPartitions(directory, kind).flatMap(name => dayOfPartition(name) ?? []))]
}

/** Partitions of a kind, from the oldest day, lane by lane. */
export function listPartitions(directory: string, kind: string): readonly string[] {
  const folder = join(directory, 'rows', kind)
  if (!KIND.test(kind) || !existsSync(folder)) return []
  return readdirSync(folder)
    .flatMap(name => (name.endsWith('.sqlite') ? [name.slice(0, -'.sqlite'.length)] : []))
    .filter(name => dayOfPartition(name) !== undefined)
    .sort()
}

/** Removes a day of a kind, every lane of it with its journals. */
export function removeDay(directory: string, kind: string, day: string): void {
  for (const name of listPartitions(directory, kind)) {
    if (dayOfPartition(name) !== day) continue
    const file = partitionFile(directory, kind, name)
    // The journals first: without them the rest of a removal that was cut short is still a sound file.
    for (const ending of ['-wal', '-shm', '']) rmSync(`${file}${ending}`, { force: true })
  }
}
