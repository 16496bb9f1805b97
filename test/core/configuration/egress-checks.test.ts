import t from 'tap'
import { checkEgress } from '../../../core/configuration/egress-checks.ts'
import { Substitutions } from '../../../core/configuration/secrets.ts'

const codes = (allow: unknown) =>
  checkEgress({
    root: { egress: { allow } },
    substitutions: new Substitutions(),
    placeOf: () => 'line 1',
    isWritten: () => true
  }).map(({ code }) => code)

t.test('takes addresses, ranges and names', async t => {
  t.strictSame(codes(['10.0.0.7', '10.0.0.0/8', '::1', 'fd00::/8', 'localhost', 'otel-collector.monitoring.svc']), [])
})

t.test('refuses what is none of them', async t => {
  for (const entry of ['10.0.0.0/33', '10.0.0', '*.internal', 'http://collector', 'collector:4318', 'Collector', '']) {
    t.strictSame(codes([entry]), ['TACIT_EGRESS_INVALID'], entry)
  }
})

t.test('warns of ranges that take in everything', async t => {
  t.strictSame(codes(['0.0.0.0/0']), ['TACIT_EGRESS_EVERYBODY'])
})

t.test('works while anything is missing or has the wrong form', async t => {
  t.strictSame(codes(undefined), [])
  t.strictSame(codes(5), [])
  t.strictSame(codes([5, {}]), [])
})

const ofPeer = (url: string, allow?: unknown) =>
  checkEgress({
    root: { upstreams: [{ peers: [{ url }], egress: { allow } }] },
    substitutions: new Substitutions(),
    placeOf: () => 'line 1',
    isWritten: () => true
  }).map(({ code }) => code)

t.test('warns of peers whose names lead into a private network while nothing is allowed', async t => {
  for (const url of ['http://vllm:8000', 'http://vllm.models.svc', 'https://llm.corp.internal', 'http://nas.local']) {
    t.strictSame(ofPeer(url), ['TACIT_PEER_PRIVATE'], url)
    t.strictSame(ofPeer(url, ['10.0.0.0/8']), [], url)
  }
  for (const url of [
    'https://api.example.com',
    'http://localhost:8000',
    'http://10.0.0.7',
    'http://[::1]:80',
    'nonsense'
  ]) {
    t.strictSame(ofPeer(url), [], url)
  }
})

t.test('warns of addresses that answer questions about the machine', async t => {
  const urls = [
    'http://169.254.169.254',
    'http://2852039166',
    'http://168.63.129.16',
    'http://[fe80::1]',
    'http://[fd00:ec2::254]'
  ]
  for (const url of urls) t.strictSame(ofPeer(url), ['TACIT_PEER_METADATA'], url)
})

t.test('judges what an upstream allows like what plugins may reach', async t => {
  t.strictSame(ofPeer('https://api.example.com', ['10.0.0.0/33', '0.0.0.0/0']), [
    'TACIT_EGRESS_INVALID',
    'TACIT_EGRESS_EVERYBODY'
  ])
})
