import t from 'tap'
import { coreEndpoint } from '../../../core/admin/source.ts'
import { Type } from '../../../core/plugin.ts'

t.test('an endpoint of core is typed by its schemas, as one of a plugin is', async t => {
  const endpoint = {
    listener: 'admin',
    method: 'GET',
    path: '/v1/twice',
    role: 'viewer',
    summary: 'Doubles a number.',
    request: Type.Object({ number: Type.Integer() }),
    response: Type.Object({ twice: Type.Integer() })
  } as const
  const { handle } = coreEndpoint(endpoint, ({ input }) => ({ twice: input.number * 2 }))
  const call = { actor: 'ada', role: 'viewer', consumer: undefined, input: { number: 4 }, params: {} } as const
  t.strictSame(handle(call), { twice: 8 })
})
