import { KindGuard, type TSchema } from '@sinclair/typebox'
import t from 'tap'
import { type Configuration, GatewayFile } from '../../../core/configuration/schema.ts'
import { Substitutions } from '../../../core/configuration/secrets.ts'
import { validate } from '../../../core/configuration/validate.ts'

const smallest = {
  version: 1,
  upstreams: [{ id: 'chat', peers: [{ id: 'eu', url: 'https://eu.example.com' }] }],
  routes: [{ id: 'chat', match: { path: '/v1/*' } }]
}

const decoded = (file: object): Configuration => {
  const { decoded, findings } = validate(GatewayFile, structuredClone(file), [], new Substitutions())
  if (decoded === undefined) throw new Error(findings.map(({ message }) => message).join(' '))
  return decoded
}

t.test('fills the smallest file with every default, decoded', async t => {
  t.strictSame(decoded(smallest), {
    version: 1,
    include: [],
    listen: {
      host: '127.0.0.1',
      port: 8080,
      trustedProxies: [],
      maxConnections: 10_000,
      headersTimeout: 10_000,
      requestTimeout: 60_000,
      keepAliveTimeout: 15_000,
      maxHeaderSize: 16_384
    },
    admin: { host: '127.0.0.1', port: 9090, tokens: [] },
    log: { level: 'info' },
    responseHeaders: { overhead: true, upstream: true, attempts: true },
    shutdownGrace: 30_000,
    workers: 1,
    stores: { identities: { remembered: 100_000 }, limits: { lease: 30_000, gateways: 1 } },
    egress: { allow: [] },
    records: {
      directory: './records',
      oldMasterKeys: [],
      queue: 67_108_864,
      keep: {
        access: 2_592_000_000,
        usage: 2_592_000_000,
        billing: 34_560_000_000,
        audit: 34_560_000_000,
        account: 34_560_000_000,
        consent: 95_040_000_000
      }
    },
    webhooks: [],
    consumers: [],
    groups: [],
    upstreams: [
      {
        id: 'chat',
        balancer: { use: 'weighted', config: {}, failureMode: 'deny' },
        peers: [{ id: 'eu', url: 'https://eu.example.com', weight: 1, priority: 0, labels: {} }],
        plugins: [],
        hostHeader: 'peer',
        timeouts: { connect: 5_000, firstByte: 60_000, idle: 60_000, opening: 5_000 },
        retry: {
          attempts: 2,
          on: ['connect_failed'],
          nonIdempotent: false,
          budget: 0.2,
          minPerSecond: 10,
          backoff: 25,
          maxBackoff: 1_000,
          maxRetryAfter: 5_000,
          idempotencyKey: false
        },
        connections: { max: 1024, keepAlive: 4_000, warm: 0, dnsRefresh: 10_000 },
        egress: { allow: [] },
        limits: { retries: 100, waiting: 100, wait: 1_000 },
        transport: 'sockets'
      }
    ],
    routes: [
      {
        id: 'chat',
        match: { path: '/v1/*' },
        limits: {
          maxBody: 10_485_760,
          maxResponse: 67_108_864,
          deadline: 600_000,
          maxStreamDuration: 3_600_000
        },
        onClientGone: 'cancel',
        drain: { maxDuration: 300_000, maxBytes: 16_777_216, maxConcurrent: 100 },
        plugins: []
      }
    ],
    plugins: [],
    catalogue: { builtIn: true, files: [], providers: [], models: [], prices: [], wildcards: [] }
  })
})

t.test('takes single values for lists', async t => {
  const file = { ...smallest, routes: [{ id: 'chat', match: { path: '/', host: 'a.example.com', method: 'GET' } }] }
  t.strictSame(decoded(file).routes[0]?.match, { path: '/', host: ['a.example.com'], method: ['GET'] })
})

t.test('describes every key: the descriptions are the reference', async t => {
  const undescribed: string[] = []
  const visit = (schema: TSchema, name: string): void => {
    if (KindGuard.IsObject(schema)) {
      for (const [key, property] of Object.entries(schema.properties)) {
        const isBlock = KindGuard.IsObject(property)
        if (!isBlock && typeof property.description !== 'string') undescribed.push(`${name}.${key}`)
        visit(property, `${name}.${key}`)
      }
    } else if (KindGuard.IsArray(schema)) visit(schema.items, `${name}[]`)
  }
  visit(GatewayFile, '')
  t.strictSame(undescribed, [])
})
