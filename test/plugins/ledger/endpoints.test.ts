import t from 'tap'
import { endpointsFault } from '../../../core/endpoints/definition.ts'
import { ENDPOINTS } from '../../../plugins/ledger/endpoints.ts'

t.test('consumers cannot say whose usage they mean', async t => {
  t.equal(endpointsFault(ENDPOINTS), undefined)
  const open = Object.values(ENDPOINTS).filter(({ listener }) => listener === 'public')
  t.equal(open.length, 4)
  for (const endpoint of open) {
    const asked = 'request' in endpoint ? Object.keys(endpoint.request.properties) : []
    t.notOk(asked.includes('consumer'))
    t.notMatch(JSON.stringify('params' in endpoint ? endpoint.params : {}), /"consumer":/)
    t.notMatch(JSON.stringify(endpoint.response), /"upstream":|"peer":|"provider":/)
  }
})
