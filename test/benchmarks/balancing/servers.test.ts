import { seededRandom } from 'tacit-gateway/testing'
import t from 'tap'
import { around, GIVEN_UP_MS, Server } from '../../../benchmarks/balancing/servers.ts'

t.test('eight requests are worked on at once, and the next one waits', async t => {
  const server = new Server(0)
  for (let count = 0; count < 8; count++) t.equal(server.take(10, 100), 110)
  t.equal(server.beginsAtMs(10), 110)
  t.equal(server.take(20, 50), 160)
  t.equal(server.beginsAtMs(500), 500)
})

t.test('what is given up frees its place', async t => {
  const server = new Server(0)
  for (let count = 0; count < 8; count++) t.equal(server.take(0, Number.POSITIVE_INFINITY), Number.POSITIVE_INFINITY)
  t.equal(server.beginsAtMs(1), GIVEN_UP_MS)
})

t.test('times lie around the median', async t => {
  const random = seededRandom(1)
  const times = Array.from({ length: 2_001 }, () => around(100, random)).sort((one, other) => one - other)
  t.ok(Math.abs((times[1_000] ?? 0) - 100) < 3)
  t.ok((times[0] ?? 0) > 30 && (times[2_000] ?? 1_000) < 350)
  t.equal(around(Number.POSITIVE_INFINITY, random), Number.POSITIVE_INFINITY)
})
