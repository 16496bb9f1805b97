import t from 'tap'
import { Reach } from '../../../core/upstream/reach.ts'

const at = (...addresses: string[]) => addresses.map(address => ({ address }))

t.test('reaches public addresses, and nothing else unless it is allowed', async t => {
  const reach = new Reach([])
  t.ok(reach.allows('api.example.com', at('93.184.216.34', '2606:2800:21f:cb07:6820:80da:af6b:8b2c')))
  for (const address of [
    '10.0.0.1',
    '127.0.0.1',
    '169.254.169.254',
    '168.63.129.16',
    '::1',
    'fe80::1',
    'fd00:ec2::254'
  ]) {
    t.notOk(reach.allows('api.example.com', at(address)), address)
    t.notOk(reach.allows('api.example.com', at('93.184.216.34', address)), `one of them is ${address}`)
  }
})

t.test('ranges and addresses allow what is in them, a name allows all of its own', async t => {
  const reach = new Reach(['10.0.0.0/8', 'fd12::1', 'vllm.internal'])
  t.ok(reach.allows('any.example', at('10.1.2.3', 'fd12::1')))
  t.notOk(reach.allows('any.example', at('192.168.0.1')))
  t.ok(reach.allows('vllm.internal', at('192.168.0.1', '169.254.169.254')))
  t.strictSame([reach.allowsName('vllm.internal'), reach.allowsName('any.example')], [true, false])
  t.strictSame([reach.allowsAddress('10.1.2.3'), reach.allowsAddress('192.168.0.1')], [true, false])
})

t.test('refuses what is neither', async t => {
  for (const entry of ['*.internal', 'http://a', 'a:80', '10.0.0.0/33', '']) {
    t.throws(() => new Reach([entry]), { code: 'TACIT_FETCH_ALLOW_INVALID' }, entry)
  }
})
