import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import t from 'tap'
import {
  dayOfPartition,
  listDays,
  listKinds,
  listPartitions,
  partitionFile,
  partitionName,
  removeDay
} from '../../../core/records/partitions.ts'
import { folder } from './support.ts'

t.test('finds kinds and days by their files, and passes over everything else', async t => {
  const directory = await folder(t)
  t.strictSame(listKinds(directory), [])
  const put = (kind: string, day: string) => {
    const file = partitionFile(directory, kind, day)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, '')
    return file
  }
  put('a.b', '2026-01-02')
  const first = put('a.b', '2026-01-01')
  put('a.b', 'notes')
  put('Other', '2026-01-01')
  writeFileSync(`${first}-wal`, '')
  t.strictSame(listKinds(directory), ['a.b'])
  t.strictSame(listDays(directory, 'a.b'), ['2026-01-01', '2026-01-02'])
  t.strictSame(listDays(directory, '../rows/a.b'), [])
  put('a.b', '2026-01-01.1')
  put('a.b', '2026-01-02.x')
  t.strictSame(listPartitions(directory, 'a.b'), ['2026-01-01', '2026-01-01.1', '2026-01-02'])
  t.strictSame(listDays(directory, 'a.b'), ['2026-01-01', '2026-01-02'], 'lanes of a day are one day')
  removeDay(directory, 'a.b', '2026-01-01')
  t.notOk(existsSync(first) || existsSync(`${first}-wal`))
  removeDay(directory, 'a.b', '2026-01-01')
  t.strictSame(listDays(directory, 'a.b'), ['2026-01-02'])
})

t.test('names partitions by their day, and by their lane where there are several', async t => {
  t.equal(partitionName('2026-01-01', 0), '2026-01-01')
  t.equal(partitionName('2026-01-01', 3), '2026-01-01.3')
  t.equal(dayOfPartition('2026-01-01.3'), '2026-01-01')
  for (const name of ['2026-02-30', '2026-01-01.', '2026-01-01.123', '../2026-01-01', '']) {
    t.equal(dayOfPartition(name), undefined, name)
  }
})
