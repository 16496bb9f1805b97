import t from 'tap'
import { ADMIN_ROLES, mayDo } from '../../../core/endpoints/roles.ts'

t.test('a role may do what the roles below it may, and nothing that is for consumers', async t => {
  const table = ADMIN_ROLES.map(has =>
    (['viewer', 'operator', 'owner', 'consumer'] as const).map(needs => mayDo(has, needs))
  )
  t.strictSame(table, [
    [true, false, false, false],
    [true, true, false, false],
    [true, true, true, false]
  ])
})
