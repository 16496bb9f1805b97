import t from 'tap'
import { parseWrk, wrkScript } from '../../../benchmarks/load/wrk.ts'

const OUTPUT = `Running 2s test @ http://127.0.0.1:8080/
  1 threads and 64 connections
  24018 requests in 2.00s, 17.11MB read
figures {"requests":24018,"errors":3,"us":2001234,"p50":5120,"p99":13000,"p999":25001}
`

t.test('figures are read from the line of the script', async t => {
  t.strictSame(parseWrk(OUTPUT), {
    requests: 24_018,
    errors: 3,
    seconds: 2.001234,
    p50Us: 5120,
    p99Us: 13_000,
    p999Us: 25_001
  })
})

t.test('output without figures is an error that shows it', async t => {
  t.throws(() => parseWrk('unable to connect to 127.0.0.1:8080 Connection refused\n'), /unable to connect/)
})

t.test('the script sends the same request as our own generator', async t => {
  const script = wrkScript({ method: 'POST', path: '/', bodyBytes: 96, connections: 1, seconds: 1 })
  t.match(script, /^wrk\.method = "POST"$/m)
  t.match(script, /^wrk\.headers\["authorization"\] = "Bearer bench-/m)
  t.match(script, /^wrk\.body = \[\[\{"model":"openai\/benchmark".*\}\]\]$/m)
})

t.test('the script of a GET has no body', async t => {
  t.notMatch(wrkScript({ method: 'GET', path: '/', bodyBytes: 0, connections: 1, seconds: 1 }), /wrk\.body/)
})
