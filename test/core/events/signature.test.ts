import { createHmac } from 'node:crypto'
import t from 'tap'
import { secretBytes, signedHeaders } from '../../../core/events/signature.ts'

t.test('signs id, time and body as Standard Webhooks says', async t => {
  // The example of its specification.
  const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
  const body = '{"test": 2432232314}'
  const headers = signedHeaders(secret, 'msg_p5jXN8AQM9LWM0D4loKWxJek', 1_614_265_330_000, body)
  t.strictSame(headers, {
    'content-type': 'application/json',
    'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
    'webhook-timestamp': '1614265330',
    'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE='
  })
})

t.test('takes any other text as it stands', async t => {
  t.strictSame(secretBytes('some text'), Buffer.from('some text'))
  const expected = createHmac('sha256', 'some text').update('a.1.b').digest('base64')
  t.equal(signedHeaders('some text', 'a', 1_999, 'b')['webhook-signature'], `v1,${expected}`)
})
