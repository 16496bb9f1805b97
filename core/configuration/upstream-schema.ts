/** The shape of one entry under `upstreams:`. Knows no plugin: `config` blocks are checked against each plugin's own schema. */
import { Type } from '@sinclair/typebox'
import { NextOn } from '../contract/next-target.ts'
import { Duration, Share } from '../contract/units.ts'
import { FORMS } from './addresses.ts'
import { HealthBlock } from './health-schema.ts'
import { closed, closedBlock, Id, Labels, OneOrMany, PluginUse, pluginUse, Word } from './schema-parts.ts'

const Balancer = Type.Object(PluginUse.properties, {
  ...pluginUse,
  default: { use: 'weighted' },
  description: 'How peers are chosen: by their weights, if not given.'
})

/** One server. */
export const Peer = Type.Object(
  {
    id: Id('Name of this server, unique within its upstream.'),
    url: Type.String({
      unit: 'origin',
      editorPattern: FORMS.origin,
      default: '',
      description:
        'Scheme, host and port, such as `https://eu.llm.example.com`. A path is put in front of every request’s. That of the upstream’s `provider`, in the peer’s `region` where it has one there, if not given.'
    }),
    weight: Type.Integer({
      minimum: 0,
      maximum: 10_000,
      default: 1,
      description: 'Share of the traffic against the other peers. 0 only when no other is left.'
    }),
    priority: Type.Integer({
      minimum: 0,
      maximum: 1_000,
      default: 0,
      description:
        'Tier of this server, 0 first. It counts where a plugin of the upstream goes by tiers, as `priority` does.'
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
    }),
    perTry: Type.Optional(
      Duration({
        description:
          'Time for a whole try, from connecting to the head of the answer, or to the first content of a stream while another try could follow. Not limited beyond `connect` and `firstByte`, if not given.'
      })
    ),
    opening: Duration({
      default: '5s',
      description:
        'How long the opening of a stream is held back while it has no content yet, so that one that fails can be tried elsewhere.'
    })
  },
  { ...closedBlock, description: 'How long a peer is waited for.' }
)

const Retry = Type.Object(
  {
    attempts: Type.Integer({
      minimum: 1,
      maximum: 10,
      default: 2,
      description: 'Tries in all at this upstream, the first included.'
    }),
    on: OneOrMany(NextOn(), {
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
    }),
    backoff: Duration({
      default: '25ms',
      description:
        'Longest pause before the first retry; twice as long before each further one. How much of it is waited is left to chance. A peer that was not tried yet needs no pause when the one before could not be connected to.'
    }),
    maxBackoff: Duration({ default: '1s', description: 'Where the pause stops growing.' }),
    maxRetryAfter: Duration({
      default: '5s',
      description:
        'Longest `retry-after` that is waited for when every peer was tried. An answer that asks for more is passed on.'
    }),
    idempotencyKey: Type.Boolean({
      default: false,
      description:
        'The peers know `Idempotency-Key`: every POST and PATCH carries one, and may then be repeated at the same upstream. A key of the client’s own is sent on as a digest for each consumer, so that nobody is answered with what another was told.'
    })
  },
  { ...closedBlock, description: 'Which tries are repeated, and how many.' }
)

const Connections = Type.Object(
  {
    max: Type.Integer({ minimum: 1, default: 1024, description: 'Connections to each peer.' }),
    keepAlive: Duration({
      default: '4s',
      description: 'How long an idle connection is kept. Keep it shorter than the peer’s.'
    }),
    warm: Type.Integer({
      minimum: 0,
      maximum: 1_000,
      default: 0,
      description:
        'Connections to each peer that are opened before anybody asks, and opened again when they are lost. With the transport `sockets` only.'
    }),
    dnsRefresh: Duration({
      default: '10s',
      description:
        'How long the addresses of a peer’s name are good. Then they are asked for anew while requests come; connections to those that are gone carry nothing new. While nobody answers, the last good ones are used.'
    })
  },
  { ...closedBlock, description: 'The connections that are kept to each peer.' }
)

const UpstreamLimits = Type.Object(
  {
    inFlight: Type.Optional(
      Type.Integer({
        minimum: 1,
        description: 'Tries under way at all peers together. Not limited beyond those of each peer, if not given.'
      })
    ),
    peerInFlight: Type.Optional(
      Type.Integer({ minimum: 1, description: 'Tries under way at each peer; `connections.max`, if not given.' })
    ),
    retries: Type.Integer({
      minimum: 0,
      default: 100,
      description: 'Tries after the first that are under way at once.'
    }),
    waiting: Type.Integer({
      minimum: 0,
      default: 100,
      description: 'Requests that may wait for a place when all are taken; more are answered 503 with `retry-after`.'
    }),
    wait: Duration({
      default: '1s',
      description: 'How long they wait at most. Who would have to wait longer is turned away at once.'
    })
  },
  { ...closedBlock, description: 'How much may be under way at once, and who waits.' }
)

const UpstreamTls = Type.Object(
  {
    ca: Type.Optional(
      Type.String({ description: 'PEM file with the authorities to trust instead of the well-known ones.' })
    ),
    serverName: Type.Optional(
      Type.String({ description: 'Name to ask for and to verify, where it is not the host of the URL.' })
    ),
    cert: Type.Optional(
      Type.String({ description: 'PEM file with the certificate, and its chain, that the gateway shows to the peers.' })
    ),
    key: Type.Optional(Type.String({ description: 'PEM file with the private key of `cert`.' }))
  },
  { ...closed, description: 'How peers with an `https` address prove who they are.' }
)

const UpstreamEgress = Type.Object(
  {
    allow: OneOrMany(Type.String(), {
      default: [],
      description:
        'Addresses, CIDR ranges and host names that may be reached although they are not public. A host name that is listed may lead to any address. Not needed for `localhost`, nor where the URL of a peer has the address itself.'
    })
  },
  { ...closedBlock, description: 'Where the names of peers may lead, besides public addresses.' }
)

/** A group of interchangeable servers. */
export const Upstream = Type.Object(
  {
    id: Id('Name of this group of servers.'),
    provider: Type.Optional(
      Id(
        'Whose API these servers speak: a provider of the catalogue, whose models and prices hold for what they answer.'
      )
    ),
    balancer: Balancer,
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
    limits: UpstreamLimits,
    health: Type.Optional(HealthBlock),
    transport: Word(['sockets', 'undici'], {
      default: 'sockets',
      description:
        'Who speaks HTTP/1.1 to the peers: `sockets` is the gateway’s own client, which costs less; `undici` is the client of Node.'
    }),
    tls: Type.Optional(UpstreamTls),
    egress: UpstreamEgress
  },
  closed
)
