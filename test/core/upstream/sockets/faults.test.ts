import t from 'tap'
import { errorCode } from '../../../../core/log.ts'
import { TransportFault } from '../../../../core/upstream/sockets/faults.ts'

t.test('a fault is its code, and says no more', async t => {
  const fault = new TransportFault('RESPONSE_HEAD')
  t.ok(fault instanceof Error)
  t.strictSame([fault.code, fault.message, errorCode(fault)], ['RESPONSE_HEAD', 'RESPONSE_HEAD', 'RESPONSE_HEAD'])
})
