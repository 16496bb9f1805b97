import t from 'tap'
import { compileKind, kindsFault } from '../../../core/records/kind.ts'
import { figureColumns } from '../../../core/records/rollup-layout.ts'
import { USAGE } from './support.ts'

const faultOf = (rollup: unknown) => kindsFault('some', { usage: { ...USAGE, rollup } })

t.test('lays out who figures belong to, and the columns of figures', async t => {
  const count = { failed: { field: 'status', is: 500 } }
  const { rollup } = compileKind('metering', 'usage', {
    ...USAGE,
    rollup: { by: ['consumer', 'route', 'end'], sum: ['tokens', 'costNano'], count }
  })
  t.ok(rollup)
  if (rollup === undefined) return
  t.equal(rollup.subject, 'consumer')
  t.strictSame(rollup.by, [
    { name: 'route', isOwned: false, isWord: false },
    { name: 'end', isOwned: false, isWord: true }
  ])
  t.strictSame(figureColumns(rollup), ['"n_rows"', '"n_failed"', '"n_tokens"', '"h_costNano"', '"l_costNano"'])
})

t.test('refuses what cannot be added up', async t => {
  const cases: readonly (readonly [unknown, RegExp])[] = [
    ['by', /lists of names `by` and `sum`/],
    [{ by: ['route'], sum: ['tokens'], more: 1 }, /lists of names/],
    [{ by: ['route'], sum: ['tokens'], count: { failed: {} } }, /lists of names/],
    [{ by: [], sum: ['tokens'] }, /`by` 1 to 8 fields/],
    [{ by: ['caller'], sum: ['tokens'] }, /`by` `caller`, which is no field of names/],
    [{ by: ['route'], sum: ['durationMs'] }, /sums `durationMs`, which is no integer/],
    [{ by: ['route'], sum: ['nothing'] }, /sums `nothing`/],
    [{ by: ['route'], sum: ['tokens', 'tokens'] }, /something twice/],
    [{ by: ['route'], sum: ['tokens'], count: { rows: { field: 'model' } } }, /something twice/],
    [{ by: ['route'], sum: ['tokens'], count: { 'a"; --': { field: 'model' } } }, /by what is no field/],
    [{ by: ['route'], sum: ['tokens'], count: { some: { field: 'nothing' } } }, /by what is no field/]
  ]
  for (const [rollup, fault] of cases) t.match(faultOf(rollup), fault)
  t.equal(faultOf({ by: ['route'], sum: [] }), undefined)
})
