/**
 * `@fastify/http-proxy` as its documentation sets it up, without plugins or log, and with as many connections to its
 * upstream as it can use.
 *
 *     node benchmarks/peers/http-proxy.ts <port> <port of the upstream>
 */
import proxy from '@fastify/http-proxy'
import fastify from 'fastify'

const [port = '0', upstreamPort = '0'] = process.argv.slice(2)

// An idle connection is to be measured, not closed.
const app = fastify({ logger: false, keepAliveTimeout: 600_000 })
await app.register(proxy, {
  upstream: `http://127.0.0.1:${upstreamPort}`,
  undici: { connections: 8192, pipelining: 1 }
})
await app.listen({ port: Number(port), host: '127.0.0.1', backlog: 4096 })
