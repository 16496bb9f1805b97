/**
 * The shape of the gateway's YAML file. Descriptions here are the operators'
 * reference and what editors show. Knows no plugin: their `config` blocks are
 * checked against each plugin's own schema.
 */
import { type Static, type StaticDecode, type TSchema, Type } from '@sinclair/typebox'
import { ByteSize, Duration, Secret, Share } from '../contract/units.ts'
import type { NextTargetOn } from '../contract/upstreams.ts'

const Id = (description: string) => Type.String({ pattern: '^[a-z0-9][a-z0-9._-]{0,62}$', unit: 'id', description })

const closed = { additionalProperties: false } as const

/** A block that may be left out: every key in it has a default. */
const closedBlock = { additionalProperties: false, default: {} } as const

/** A list that may be written as a single value when it has one entry; wrapped into a list before it is checked. */
function OneOrMany<Item extends TSchema>(
  item: Item,
  options: { readonly description: string; readonly minItems?: number; readonly default?: readonly string[] }
) {
  return Type.Array(item, { ...options, orOne: true })
}

/** One of some words. TypeBox checks the pattern; editors and reports read the list. */
function Word<const Words extends readonly string[]>(
  words: Words,
  options: { readonly description: string; readonly default?: Words[number] }
) {
  const pattern = `^(?:${words.map(word => word.replaceAll('.', '\\.')).join('|')})$`
  return Type.Unsafe<Words[number]>(Type.String({ ...options, enum: [...words], pattern }))
}

const Labels = Type.Record(Type.String(), Type.String(), {
  default: {},
  description: 'Names and values of your own, for rules and metrics.'
})

/** One use of a plugin, or of a balancer. */
export const PluginUse = Type.Object(
  {
    use: Type.String({
      description: 'A built-in plugin (`key-auth`), a file (`./plugins/mine.ts`) or a package (`npm:acme-plugin`).'
    }),
    config: Type.Unsafe<Readonly<Record<string, unknown>>>(
      Type.Object({}, { additionalProperties: true, default: {}, description: "The plugin's own settings." })
    ),
    failureMode: Word(['deny', 'allow'], {
      default: 'deny',
      description: '`allow` lets an exchange pass when the plugin itself fails. Plugins that guard something refuse it.'
    })
  },
  closed
)

const Tls = Type.Object(
  {
    cert: Type.String({ description: 'PEM file with the certificate chain. Read again when it changes.' }),
    key: Type.String({ description: 'PEM file with the private key. Read again when it changes.' }),
    minVersion: Word(['TLSv1.2', 'TLSv1.3'], {
      default: 'TLSv1.3',
      description: 'Lowest version of TLS that is spoken.'
    })
  },
  closed
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
    trustedProxies: OneOrMany(Type.String({ unit: 'network' }), {
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
  closedBlock
)

const Admin = Type.Object(
  {
    host: Type.String({ default: '127.0.0.1', description: 'Address of the admin listener. Keep it on the loopback.' }),
    port: Type.Integer({
      minimum: 0,
      maximum: 65535,
      default: 9090,
      description: 'Port of the admin listener; 0 for any free one.'
    })
  },
  closedBlock
)

const Peer = Type.Object(
  {
    id: Id('Name of this server, unique within its upstream.'),
    url: Type.String({
      unit: 'origin',
      description:
        'Scheme, host and port, such as `https://eu.llm.example.com`. A path is put in front of every request’s.'
    }),
    weight: Type.Integer({
      minimum: 0,
      maximum: 10_000,
      default: 1,
      description: 'Share of the traffic against the other peers. 0 only when no other is left.'
    }),
    region: Type.Optional(Type.String({ description: 'Where the server stands; becomes the label `region`.' })),
    labels: Labels
  },
  closed
)

const Timeouts = Type.Object(
  {
    connect: Duration({ default: '5s', description: 'Time to open a connection to a peer.' }),
    firstByte: Duration({
      default: '60s',
      description: 'Time from sending the request to the first byte of the answer, for each try.'
    }),
    idle: Duration({
      default: '60s',
      description: 'Longest silence between two pieces of an answer, or of a client that stops reading.'
    })
  },
  closedBlock
)

const RetryOn = Type.Transform(
  Type.String({ pattern: '^(connect_failed|timed_out|reset|rejected|[45][0-9]{2})$', unit: 'retryOn', orNumber: true })
)
  .Decode(retryOn)
  .Encode(String)

/** What was checked against the pattern above: an outcome, or a status as a number. */
function retryOn(text: string): NextTargetOn {
  switch (text) {
    case 'connect_failed':
    case 'timed_out':
    case 'reset':
    case 'rejected':
      return text
    default:
      return Number(text)
  }
}

const Retry = Type.Object(
  {
    attempts: Type.Integer({
      minimum: 1,
      maximum: 10,
      default: 1,
      description: 'Tries in all at this upstream, the first included.'
    }),
    on: OneOrMany(RetryOn, {
      default: ['connect_failed'],
      description:
        'What is tried again: `connect_failed`, `timed_out`, `reset`, `rejected` (an error before any content of a stream), or a status such as 503.'
    }),
    nonIdempotent: Type.Boolean({
      default: false,
      description:
        'Also repeat a POST or PATCH that a peer may have received (`timed_out`, `reset`). It may then be carried out twice.'
    }),
    budget: Share({
      default: '20%',
      description:
        'Retries allowed as a share of requests; `minPerSecond` are always allowed. Failures before a byte was sent spend none.'
    }),
    minPerSecond: Type.Integer({
      minimum: 0,
      default: 10,
      description: 'Retries a second that the budget never refuses.'
    })
  },
  closedBlock
)

const Connections = Type.Object(
  {
    max: Type.Integer({ minimum: 1, default: 1024, description: 'Connections to each peer.' }),
    keepAlive: Duration({
      default: '4s',
      description: 'How long an idle connection is kept. Keep it shorter than the peer’s.'
    })
  },
  closedBlock
)

const UpstreamTls = Type.Object(
  {
    ca: Type.Optional(
      Type.String({ description: 'PEM file with the authorities to trust instead of the well-known ones.' })
    ),
    serverName: Type.Optional(
      Type.String({ description: 'Name to ask for and to verify, where it is not the host of the URL.' })
    )
  },
  closed
)

const Upstream = Type.Object(
  {
    id: Id('Name of this group of servers.'),
    balancer: Type.Optional(PluginUse),
    peers: Type.Array(Peer, { minItems: 1, description: 'The interchangeable servers.' }),
    plugins: Type.Array(PluginUse, {
      default: [],
      description: 'Plugins for every try at this upstream, after those of the route.'
    }),
    hostHeader: Type.String({
      default: 'peer',
      description:
        '`peer` sends the host of the peer’s URL, `client` what the client sent; anything else is sent as it stands.'
    }),
    timeouts: Timeouts,
    retry: Retry,
    connections: Connections,
    tls: Type.Optional(UpstreamTls)
  },
  closed
)

/** The dialects that a route may name. */
export const DIALECT_NAMES = [
  'openai-chat',
  'openai-completions',
  'openai-responses',
  'openai-embeddings',
  'anthropic-messages',
  'gemini',
  'http'
] as const

const Match = Type.Object(
  {
    host: Type.Optional(
      OneOrMany(Type.String({ unit: 'host' }), {
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
      unit: 'path',
      description: 'The path, compared byte by byte. `/v1/*` matches everything below `/v1/`. The longest match wins.'
    })
  },
  closed
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
  closedBlock
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
  closedBlock
)

const Route = Type.Object(
  {
    id: Id('Name of this route, in logs and metrics.'),
    match: Match,
    upstream: Type.Optional(Type.String({ description: 'Where requests go, unless a plugin decides.' })),
    dialect: Type.Optional(
      Word(DIALECT_NAMES, {
        description: 'What the bodies are written in. Told from the path of the request, if not given.'
      })
    ),
    stripPrefix: Type.Optional(
      Type.String({ pattern: '^/', unit: 'path', description: 'Taken off the front of the path before it is sent on.' })
    ),
    rewrite: Type.Optional(
      Type.String({ pattern: '^/', unit: 'path', description: 'The path that is sent instead; the query stays.' })
    ),
    limits: Limits,
    onClientGone: Word(['cancel', 'drain'], {
      default: 'cancel',
      description:
        'When the client leaves: `cancel` closes the upstream at once; `drain` reads on, within `drain`, so that usage is known.'
    }),
    drain: Drain,
    plugins: Type.Array(PluginUse, {
      default: [],
      description: 'In the order of work on the way in; the way out is the reverse.'
    })
  },
  closed
)

const PerPlugin = (description: string) => Type.Record(Type.String(), Type.Unknown(), { default: {}, description })

const Consumer = Type.Object(
  {
    id: Id('Name of the consumer, in logs and metrics.'),
    group: Type.Optional(Type.String({ description: 'The group it belongs to.' })),
    labels: Labels,
    credentials: PerPlugin('By plugin, what this consumer proves itself with: one entry, or a list of them.'),
    settings: PerPlugin('By plugin, settings for this consumer. They go before those of its group.')
  },
  closed
)

const Group = Type.Object(
  {
    id: Id('Name of the group.'),
    settings: PerPlugin('By plugin, settings for every consumer of the group.')
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
  closedBlock
)

const ResponseHeaders = Type.Object(
  {
    overhead: Type.Boolean({
      default: true,
      description: 'Send `x-tacit-overhead-ms`: the gateway’s own share of the time to the first byte.'
    })
  },
  closedBlock
)

/** The whole file. */
export const GatewayFile = Type.Object(
  {
    version: Type.Literal(1, { description: 'Version of this format.' }),
    listen: Listen,
    admin: Admin,
    log: Log,
    responseHeaders: ResponseHeaders,
    shutdownGrace: Duration({
      default: '30s',
      description: 'How long exchanges may go on after the gateway was told to stop.'
    }),
    digestKey: Type.Optional(
      Secret({ description: 'Key that credentials are digested with. At least 16 characters.' })
    ),
    consumers: Type.Array(Consumer, { default: [], description: 'Who may call.' }),
    groups: Type.Array(Group, { default: [], description: 'Consumers that share settings.' }),
    upstreams: Type.Array(Upstream, { minItems: 1, description: 'Where requests go.' }),
    routes: Type.Array(Route, { minItems: 1, description: 'Which requests are served, and what is done with them.' }),
    plugins: Type.Array(PluginUse, { default: [], description: 'Plugins for every route, before its own.' })
  },
  { ...closed, title: 'Tacit gateway configuration' }
)

/** The file as it is after defaults, checks and decoding: durations in ms, sizes in bytes. */
export type Configuration = StaticDecode<typeof GatewayFile>
export type RouteConfiguration = StaticDecode<typeof Route>
export type UpstreamConfiguration = StaticDecode<typeof Upstream>
export type PeerConfiguration = StaticDecode<typeof Peer>
export type PluginUseConfiguration = StaticDecode<typeof PluginUse>
export type ConsumerConfiguration = StaticDecode<typeof Consumer>
export type ListenConfiguration = StaticDecode<typeof Listen>
export type DialectName = (typeof DIALECT_NAMES)[number]
export type FileInput = Static<typeof GatewayFile>
