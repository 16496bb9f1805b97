/**
 * fast-gateway as its documentation sets it up, without middlewares or cache.
 *
 *     node benchmarks/peers/fast-gateway.ts <port> <port of the upstream> <path of the installed package's main file>
 */
import { createRequire } from 'node:module'
import { Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'

const Gateway = Type.Function(
  [
    Type.Object({
      routes: Type.Array(Type.Object({ prefix: Type.String(), prefixRewrite: Type.String(), target: Type.String() }))
    })
  ],
  Type.Object({ start: Type.Function([Type.Integer(), Type.String()], Type.Unknown()) })
)

const [port = '0', upstreamPort = '0', main = ''] = process.argv.slice(2)
const gateway: unknown = createRequire(import.meta.url)(main)
if (!Value.Check(Gateway, gateway)) throw new TypeError('fast-gateway is not what it was')
const server = gateway({
  routes: [{ prefix: '/v1', prefixRewrite: '/v1', target: `http://127.0.0.1:${upstreamPort}` }]
})
server.start(Number(port), '127.0.0.1')
