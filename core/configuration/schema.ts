/**
 * The shape of the gateway's YAML file. Descriptions here are the operators'
 * reference and what editors show. Knows no plugin: their `config` blocks are
 * checked against each plugin's own schema.
 */
import { type StaticDecode, Type } from '@sinclair/typebox'
import { CatalogueBlock } from '../catalogue/schema.ts'
import { ByteSize, Digest, Duration, Secret } from '../contract/units.ts'
import { DIALECTS } from '../dialects/facts.ts'
import { ADMIN_ROLES } from '../endpoints/roles.ts'
import { FORMS } from './addresses.ts'
import { RecordsBlock } from './records-schema.ts'
import { ByPlugin, closed, closedBlock, Id, Labels, OneOrMany, PluginUse, Word } from './schema-parts.ts'
import { Stores } from './stores-schema.ts'
import { type Peer, Upstream } from './upstream-schema.ts'
import { Webhook } from './webhooks-schema.ts'

export { PluginUse } from './schema-parts.ts'

const Tls = Type.Object(
  {
    cert: Type.String({ description: 'PEM file with the certificate chain. Read again when it changes.' }),
    key: Type.String({ description: 'PEM file with the private key. Read again when it changes.' }),
    minVersion: Word(['TLSv1.2', 'TLSv1.3'], {
      default: 'TLSv1.3',
      description: 'Lowest version of TLS that is spoken.'
    })
  },
  { ...closed, description: 'TLS for clients. Plain HTTP, if not given.' }
)

const Listen = Type.Object(
  {
    host: Type.String({ default: '127.0.0.1', description: 'Address to listen on.' }),
    port: Type.Integer({
      minimum: 0,
      maximum: 65535,
      default: 8080,
      description: 'Port to listen on; 0 for any free one.'
    }),
    tls: Type.Optional(Tls),
    trustedProxies: OneOrMany(Type.String({ unit: 'network', editorPattern: FORMS.network }), {
      default: [],
      description:
        'Addresses or CIDR ranges whose `x-forwarded-*` headers are believed. From anybody else they are replaced.'
    }),
    maxConnections: Type.Integer({
      minimum: 1,
      default: 10_000,
      description: 'Connections held open at once; more are closed at once.'
    }),
    headersTimeout: Duration({ default: '10s', description: 'Time for a client to send the head of a request.' }),
    requestTimeout: Duration({
      default: '60s',
      description: 'Time for a client to send a whole request. Does not limit the response.'
    }),
    keepAliveTimeout: Duration({
      default: '15s',
      description: 'How long an idle connection is kept for another request.'
    }),
    maxHeaderSize: ByteSize({
      default: '16KiB',
      description: 'Largest head of a request; larger ones are answered 431.'
    })
  },
  { ...closedBlock, description: 'Where clients call.' }
)

const AdminToken = Type.Object(
  {
    id: Id('Name of the token, in the log. Not secret.'),
    role: Word(ADMIN_ROLES, {
      description: '`viewer` looks, `operator` also changes how the gateway runs, `owner` decides over what is kept.'
    }),
    keyHash: Digest({
      description: 'Digest of the token, as `tacit key new` or `tacit key hash` prints it.'
    })
  },
  closed
)

const Admin = Type.Object(
  {
    host: Type.String({ default: '127.0.0.1', description: 'Address of the admin listener. Keep it on the loopback.' }),
    port: Type.Integer({
      minimum: 0,
      maximum: 65535,
      default: 9090,
      description: 'Port of the admin listener; 0 for any free one.'
    }),
    tokens: Type.Array(AdminToken, {
      default: [],
      description:
        'Who may ask the admin listener. Without any, everybody on this machine may look while it listens on the loopback, and nobody else may.'
    })
  },
  { ...closedBlock, description: 'Where operators find health, metrics, the admin API and its page.' }
)

const Match = Type.Object(
  {
    host: Type.Optional(
      OneOrMany(Type.String({ unit: 'host', editorPattern: FORMS.host }), {
        description: 'Hosts, such as `api.example.com` or `*.example.com`. Any, if not given.'
      })
    ),
    method: Type.Optional(
      OneOrMany(Type.String({ pattern: '^[A-Z]+(-[A-Z]+)*$', unit: 'method' }), {
        description: 'Methods, such as POST. Any, if not given.'
      })
    ),
    path: Type.String({
      pattern: '^/',
      editorPattern: FORMS.matchedPath,
      unit: 'path',
      description: 'The path, compared byte by byte. `/v1/*` matches everything below `/v1/`. The longest match wins.'
    })
  },
  { ...closed, description: 'Which requests are meant. All that is given must fit.' }
)

const Limits = Type.Object(
  {
    maxBody: ByteSize({ default: '10MiB', description: 'Largest request body; larger ones are answered 413.' }),
    maxResponse: ByteSize({
      default: '64MiB',
      description: 'Largest response body that is not a stream; larger ones are cut.'
    }),
    deadline: Duration({ default: '10m', description: 'Longest life of an exchange that is not a stream.' }),
    maxStreamDuration: Duration({ default: '1h', description: 'Longest life of a stream.' })
  },
  { ...closedBlock, description: 'How much and how long an exchange may be.' }
)

const Drain = Type.Object(
  {
    maxDuration: Duration({ default: '5m', description: 'How long an answer is read on after its client has gone.' }),
    maxBytes: ByteSize({ default: '16MiB', description: 'How much of it is read.' }),
    maxConcurrent: Type.Integer({
      minimum: 0,
      default: 100,
      description: 'How many are read on at once on this route; more are cancelled.'
    })
  },
  { ...closedBlock, description: 'Bounds of reading on after a client has gone, with `onClientGone: drain`.' }
)

const WebSocketBlock = Type.Object(
  {
    maxDuration: Duration({ default: '1h', description: 'Longest life of a connection.' }),
    idle: Duration({ default: '5m', description: 'Longest silence of both sides.' }),
    maxBytes: ByteSize({ default: '1GiB', description: 'How much a connection may carry, both ways together.' }),
    maxFrame: ByteSize({ default: '16MiB', description: 'Largest frame.' }),
    origins: OneOrMany(Type.String({ pattern: '^https?://[^/\\s]+$', unit: 'origin' }), {
      default: [],
      description:
        'Origins of pages that may connect, such as `https://app.example.com`. Any, if not given: then nothing but what the plugins of the route ask for keeps a page elsewhere from connecting with a browser of yours.'
    })
  },
  {
    ...closed,
    description:
      'Serves WebSockets: filters of requests run before the peer is asked, filters of responses see only answers that refuse. `{}` takes the usual bounds.'
  }
)

const Route = Type.Object(
  {
    id: Id('Name of this route, in logs and metrics.'),
    match: Match,
    upstream: Type.Optional(Type.String({ description: 'Where requests go, unless a plugin decides.' })),
    endpoints: Type.Optional(
      OneOrMany(Type.String({ pattern: '^[a-z][a-z0-9-]*(?:#[1-9][0-9]*)?$' }), {
        description:
          'Plugins of this file whose endpoints for consumers are served below this path; `name#2` is the second use of one. A plugin of the route must say who is calling.'
      })
    ),
    dialect: Type.Optional(
      Word(DIALECTS, {
        description: 'What the bodies are written in. Told from the path of the request, if not given.'
      })
    ),
    stripPrefix: Type.Optional(
      Type.String({ pattern: '^/', unit: 'path', description: 'Taken off the front of the path before it is sent on.' })
    ),
    rewrite: Type.Optional(
      Type.String({
        pattern: '^/',
        editorPattern: FORMS.sentPath,
        unit: 'path',
        description: 'The path that is sent instead; the query stays.'
      })
    ),
    limits: Limits,
    onClientGone: Word(['cancel', 'drain'], {
      default: 'cancel',
      description:
        'When the client leaves: `cancel` closes the upstream at once; `drain` reads on, within `drain`, so that usage is known.'
    }),
    drain: Drain,
    websocket: Type.Optional(WebSocketBlock),
    plugins: Type.Array(PluginUse, {
      default: [],
      description: 'In the order of work on the way in; the way out is the reverse.'
    })
  },
  closed
)

const Consumer = Type.Object(
  {
    id: Id('Name of the consumer, in logs and metrics.'),
    group: Type.Optional(Type.String({ description: 'The group it belongs to.' })),
    labels: Labels,
    credentials: ByPlugin(
      'credentials',
      'By plugin, what this consumer proves itself with: one entry, or a list of them.'
    ),
    settings: ByPlugin('settings', 'By plugin, settings for this consumer. They go before those of its group.')
  },
  closed
)

const Group = Type.Object(
  {
    id: Id('Name of the group.'),
    settings: ByPlugin('settings', 'By plugin, settings for every consumer of the group.')
  },
  closed
)

const Log = Type.Object(
  {
    level: Word(['trace', 'debug', 'info', 'warn', 'error', 'silent'], {
      default: 'info',
      description: 'What is written. No level writes content.'
    })
  },
  { ...closedBlock, description: 'What the gateway writes of its own work.' }
)

const ResponseHeaders = Type.Object(
  {
    overhead: Type.Boolean({
      default: true,
      description: 'Send `x-tacit-overhead-ms`: the gateway’s own share of the time to the first byte.'
    }),
    upstream: Type.Boolean({
      default: true,
      description: 'Send `x-tacit-upstream`: the upstream that answered, or that was tried last.'
    }),
    attempts: Type.Boolean({
      default: true,
      description: 'Send `x-tacit-attempts`: how many tries there were, at all upstreams.'
    })
  },
  { ...closedBlock, description: 'What the gateway adds to responses.' }
)

const Egress = Type.Object(
  {
    allow: OneOrMany(Type.String(), {
      default: [],
      description:
        'Addresses, CIDR ranges and host names that calls of plugins may reach although they are not public. A name may then resolve to any address.'
    })
  },
  { ...closedBlock, description: 'What calls of plugins may reach, besides public addresses.' }
)

/** How many processes. */
const Workers = Type.Transform(
  Type.String({
    pattern: '^(auto|[1-9]|[1-9][0-9]|[1-4][0-9]{2}|50[0-9]|51[0-2])$',
    unit: 'processes',
    orNumber: { minimum: 1, maximum: 512 },
    default: '1',
    examples: ['auto', 2, 4],
    description:
      'Processes that share the port, or `auto` for one for each core. Counters hold for all of them together. Holds from the next start.'
  })
)
  .Decode((text): number | 'auto' => (text === 'auto' ? text : Number(text)))
  .Encode(String)

/** The whole file. */
export const GatewayFile = Type.Object(
  {
    version: Type.Literal(1, { description: 'Version of this format.' }),
    include: OneOrMany(Type.String({ unit: 'file' }), {
      default: [],
      description:
        'Further files of this configuration, from the folder of the main one: `routes/chat.yaml`, or `routes/*.yaml` in the order of their names. Their `consumers`, `groups`, `upstreams`, `routes` and `plugins` come after those of this file; everything else can be said in one file only.'
    }),
    listen: Listen,
    admin: Admin,
    log: Log,
    responseHeaders: ResponseHeaders,
    shutdownGrace: Duration({
      default: '30s',
      description: 'How long exchanges may go on after the gateway was told to stop.'
    }),
    workers: Workers,
    stores: Stores,
    egress: Egress,
    records: RecordsBlock,
    webhooks: Type.Array(Webhook, { default: [], description: 'Who is told of events.' }),
    digestKey: Type.Optional(
      Secret({ description: 'Key that credentials are digested with. At least 16 characters.' })
    ),
    consumers: Type.Array(Consumer, { default: [], description: 'Who may call.' }),
    groups: Type.Array(Group, { default: [], description: 'Consumers that share settings.' }),
    upstreams: Type.Array(Upstream, { minItems: 1, description: 'Where requests go.' }),
    routes: Type.Array(Route, { minItems: 1, description: 'Which requests are served, and what is done with them.' }),
    plugins: Type.Array(PluginUse, { default: [], description: 'Plugins for every route, before its own.' }),
    catalogue: CatalogueBlock
  },
  { ...closed, title: 'Tacit gateway configuration' }
)

/** The file as it is after defaults, checks and decoding: durations in ms, sizes in bytes. */
export type Configuration = StaticDecode<typeof GatewayFile>
/** One entry under `routes:`, decoded. */
export type RouteConfiguration = StaticDecode<typeof Route>
/** One entry under `upstreams:`, decoded. */
export type UpstreamConfiguration = StaticDecode<typeof Upstream>
/** One server of an upstream, decoded. */
export type PeerConfiguration = StaticDecode<typeof Peer>
/** One use of a plugin, decoded. */
export type PluginUseConfiguration = StaticDecode<typeof PluginUse>
/** One entry under `consumers:`, decoded. */
export type ConsumerConfiguration = StaticDecode<typeof Consumer>
/** The public listener, decoded. */
export type ListenConfiguration = StaticDecode<typeof Listen>
/** A dialect that a route may name. */
export type DialectName = (typeof DIALECTS)[number]
