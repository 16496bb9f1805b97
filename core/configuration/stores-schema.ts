/** The shape of the `stores:` block: where the gateway keeps what several gateways share. */
import { type StaticDecode, Type } from '@sinclair/typebox'
import { Duration, Secret } from '../contract/units.ts'
import { FORMS } from './addresses.ts'
import { closed, closedBlock, OneOrMany } from './schema-parts.ts'

const Sentinel = Type.Object(
  {
    name: Type.String({ minLength: 1, description: 'What the sentinels call the master.' }),
    username: Type.Optional(Type.String({ minLength: 1, description: 'User at the sentinels, if they ask for one.' })),
    password: Type.Optional(Secret({ description: 'Password at the sentinels, if they ask for one.' }))
  },
  { ...closed, description: 'The servers in `url` are sentinels, which know where the master is.' }
)

const RedisTls = Type.Object(
  {
    ca: Type.Optional(
      Type.String({ description: 'PEM file with the authorities to trust instead of the well-known ones.' })
    ),
    cert: Type.Optional(Type.String({ description: 'PEM file with the certificate that the gateway shows.' })),
    key: Type.Optional(Type.String({ description: 'PEM file with the private key of that certificate.' })),
    serverName: Type.Optional(
      Type.String({ description: 'Name to ask for and to verify, where it is not the host of the URL.' })
    )
  },
  { ...closed, description: 'How servers with a `rediss` address prove who they are, and the gateway to them.' }
)

const Breaker = Type.Object(
  {
    failures: Type.Integer({
      minimum: 1,
      maximum: 1000,
      default: 5,
      description: 'Commands that fail one after the other, by time or connection, until none is sent any more.'
    }),
    pause: Duration({
      default: '1s',
      description: 'How long none is sent then. After that one is, and if it is answered, all are.'
    })
  },
  { ...closedBlock, description: 'When a Redis that does not answer is left alone.' }
)

const Redis = Type.Object(
  {
    url: OneOrMany(Type.String({ unit: 'redisUrl', editorPattern: FORMS.redis }), {
      minItems: 1,
      description: 'Where it is, such as `redis://10.0.0.7:6379`, or `rediss://` for TLS. Several with a cluster.'
    }),
    sentinel: Type.Optional(Sentinel),
    cluster: Type.Boolean({
      default: false,
      description: 'The servers in `url` belong to a Redis Cluster, and know the others.'
    }),
    database: Type.Integer({ minimum: 0, default: 0, description: 'Number of the database. A cluster has only 0.' }),
    username: Type.Optional(
      Type.String({ minLength: 1, description: 'User to log in as. The default one, if not given.' })
    ),
    password: Type.Optional(Secret({ description: 'Password to log in with.' })),
    tls: Type.Optional(RedisTls),
    keyPrefix: Type.String({
      pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,31}$',
      unit: 'keyPrefix',
      default: 'tacit',
      description: 'What every key begins with. Gateways that share a Redis and nothing else need different ones.'
    }),
    connectTimeout: Duration({ default: '1s', description: 'Time to open a connection.' }),
    commandTimeout: Duration({
      default: '50ms',
      description: 'Time for a command. What waits for one that takes longer goes on without it, each in its own way.'
    }),
    breaker: Breaker
  },
  { ...closed, description: 'A Redis that gateways share: one server, a master behind sentinels, or a cluster.' }
)

const Identities = Type.Object(
  {
    remembered: Type.Integer({
      minimum: 100,
      maximum: 10_000_000,
      default: 100_000,
      description:
        'Credentials that are remembered without asking, wrong ones included. One that was changed is forgotten within a second.'
    })
  },
  { ...closedBlock, description: 'Consumers and credentials that are kept in `redis`, or else in `folder`.' }
)

const Limits = Type.Object(
  {
    lease: Duration({
      default: '30s',
      description:
        'How long what a request holds outlives a gateway that died, before it is charged or given back. Renewed while the request lives. For limits in `redis`.'
    }),
    gateways: Type.Integer({
      minimum: 1,
      maximum: 10_000,
      default: 1,
      description:
        'How many gateways share the limits in `redis`. While it is away, each counts to its part of those limits that say `local`.'
    })
  },
  { ...closedBlock, description: 'Counters of limits and budgets: kept in `redis`, or else in memory.' }
)

/** The whole block. Everything in it is optional: a gateway needs no server beside itself. */
export const Stores = Type.Object(
  {
    folder: Type.Optional(
      Type.String({
        minLength: 1,
        description:
          'Folder for what outlives the gateway: consumers that are made while it runs, and what limits have counted. Several gateways of one machine may share it for consumers.'
      })
    ),
    redis: Type.Optional(Redis),
    identities: Identities,
    limits: Limits
  },
  { ...closedBlock, description: 'Where the gateway keeps what is to be shared. In its own memory, if not given.' }
)

/** The block, decoded. */
export type StoresConfiguration = StaticDecode<typeof Stores>
/** The `redis:` block, decoded. */
export type RedisConfiguration = StaticDecode<typeof Redis>
