import { DatabaseSync } from 'node:sqlite'
import t from 'tap'
import type { RollupLayout } from '../../../core/records/rollup-layout.ts'
import { addStatement, disown, keysOf, PART, prepareTables, takeAway } from '../../../core/records/rollup-tables.ts'
import { DAY_MS } from './support.ts'

const LAYOUT: RollupLayout = {
  by: [
    { name: 'route', isOwned: false, isWord: false },
    { name: 'key', isOwned: true, isWord: false }
  ],
  subject: 'consumer',
  sums: [
    { name: 'tokens', isBig: false },
    { name: 'cost', isBig: true }
  ],
  counts: []
}

function open() {
  const database = new DatabaseSync(':memory:')
  prepareTables(database, LAYOUT)
  const all = (table: string) =>
    database
      .prepare(`SELECT * FROM ${table}`)
      .all()
      .map(row => Object.values(row))
  return { database, all }
}

t.test('adds to a cell, and keeps the rest of a large number small', async t => {
  const { database, all } = open()
  const add = addStatement(database, LAYOUT, 'own', 'day')
  add.run(1, 0, 2, 3, 1, 10, 5, PART - 1)
  add.run(1, 0, 2, 3, 1, 10, -7, PART - 1)
  t.strictSame(all('own_days'), [[1, 0, 2, 3, 2, 20, -1, PART - 2]])
  t.strictSame(keysOf(LAYOUT, 'all'), ['"k_route"'], 'everybody together has no keys')
})

t.test('sums of integers stop where they are not exact any more', async t => {
  const { database, all } = open()
  const add = addStatement(database, LAYOUT, 'all', 'month')
  for (let index = 0; index < 3; index++) add.run(0, 1, 1, Number.MAX_SAFE_INTEGER - 1, 0, 0)
  t.strictSame(all('all_months'), [[0, 1, 3, Number.MAX_SAFE_INTEGER, 0, 0]])
})

t.test('months lose what their days had, and go with the last of them', async t => {
  const { database, all } = open()
  for (const [grain, at] of [
    ['quarter', 0],
    ['quarter', DAY_MS],
    ['hour', 0],
    ['day', 0],
    ['day', DAY_MS],
    ['month', 0],
    ['month', 0]
  ] as const) {
    addStatement(database, LAYOUT, 'own', grain).run(1, at, 2, 3, 1, 10, 2, PART - 1)
  }
  takeAway(database, LAYOUT, DAY_MS, [0])
  t.strictSame(all('own_months'), [[1, 0, 2, 3, 1, 10, 2, PART - 1]])
  t.strictSame(all('own_quarters'), [[1, DAY_MS, 2, 3, 1, 10, 2, PART - 1]])
  takeAway(database, LAYOUT, 2 * DAY_MS, [0])
  const left = ['own_months', 'own_days', 'own_hours', 'own_quarters'].map(all)
  t.strictSame(left, [[], [], [], []])
})

t.test('a subject’s figures go to those of nobody, without its keys', async t => {
  const { database, all } = open()
  const add = addStatement(database, LAYOUT, 'own', 'month')
  add.run(0, 0, 2, 0, 1, 1, 0, 1)
  add.run(5, 0, 2, 3, 1, 10, 0, 10)
  add.run(5, 0, 2, 4, 1, 100, 0, 100)
  add.run(6, 0, 2, 9, 1, 7, 0, 7)
  disown(database, LAYOUT, 5)
  t.strictSame(all('own_months'), [
    [0, 0, 2, 0, 3, 111, 0, 111],
    [6, 0, 2, 9, 1, 7, 0, 7]
  ])
})
