import t from 'tap'
import { attempt } from '../support/attacks.ts'
import { routeOf, startTestGateway, upstreamOf } from '../support/gateway.ts'
import { valuesOf } from '../support/http-reader.ts'
import { Recorder } from '../support/recorder.ts'
import { rawOf, SHARED_CASES_MISSING, sharedCases } from '../support/shared-cases.ts'

/** Where a gateway of another make would let a client say where to go. */
const FIELDS = [
  'Base-URL',
  'X-Base-URL',
  'X-API-Base',
  'X-Target-URL',
  'X-Upstream-URL',
  'X-Forward-To',
  'X-Forwarded-Host',
  'X-Original-URL',
  'X-Rewrite-URL',
  'X-Portkey-Custom-Host',
  'X-LiteLLM-API-Base',
  'Helicone-Target-URL'
]

const recorder = await Recorder.start()
t.teardown(() => recorder.close())
/** A server that no configuration names. */
const victim = await Recorder.start()
t.teardown(() => victim.close())
const gateway = await startTestGateway(t, {
  upstreams: [upstreamOf([`http://${recorder.authority}`])],
  routes: [routeOf()]
})
const port = Number(new URL(gateway.url).port)

/** Sends a URL in every place that could be taken for an address, and says what was made of it. */
async function madeOf(url: string): Promise<readonly string[]> {
  const found: string[] = []
  const requests = [
    `GET ${url} HTTP/1.1\r\nHost: gw.test\r\n\r\n`,
    `GET /${url} HTTP/1.1\r\nHost: gw.test\r\n\r\n`,
    `GET /echo HTTP/1.1\r\nHost: ${url}\r\n\r\n`,
    `CONNECT ${url} HTTP/1.1\r\nHost: gw.test\r\n\r\n`,
    `GET /echo HTTP/1.1\r\nHost: gw.test\r\n${FIELDS.map(name => `${name}: ${url}\r\n`).join('')}\r\n`
  ]
  for (const raw of requests) {
    const { arrived, faults } = await attempt(port, recorder, raw)
    found.push(...faults)
    for (const { target, headers } of arrived) {
      if (!target.startsWith('/')) found.push(`forwarded ${target}`)
      const hosts = valuesOf(headers, 'host')
      if (hosts.length !== 1 || hosts[0] !== recorder.authority) found.push(`forwarded with the host ${hosts}`)
      for (const name of FIELDS) {
        if (name !== 'X-Forwarded-Host' && valuesOf(headers, name.toLowerCase()).length > 0)
          found.push(`forwarded ${name}`)
      }
    }
  }
  return found
}

t.test('goes to no server that a request names', async t => {
  const urls = [
    `http://${victim.authority}/`,
    `//${victim.authority}/`,
    `http:${victim.authority}/`,
    `http:\\\\${victim.authority}\\`,
    `http://gw.test@${victim.authority}/`,
    `${victim.authority}`,
    `@${victim.authority}/`,
    'http://169.254.169.254/latest/meta-data/',
    'http://[::1]/',
    'http://0x7f000001/',
    'file:///etc/passwd',
    'gopher://127.0.0.1:6379/_x',
    'unix:/var/run/docker.sock'
  ]
  for (const url of urls) t.strictSame(await madeOf(url), [], url)
  t.strictSame(victim.requests, [])
  t.equal(victim.connections, 0)
})

t.test('goes to no server that a shared case names', { skip: SHARED_CASES_MISSING ?? false }, async t => {
  for (const shared of sharedCases('url')) t.strictSame(await madeOf(rawOf(shared)), [], shared.id)
})
