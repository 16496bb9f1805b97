/** What may be asked of usage: schemas and reasons. Consumers are asked for nothing that says whose usage is meant. */
import { END_REASONS, type Endpoint, type EndpointTable, TimeZone, Type } from 'tacit-gateway/plugin'
import { Call, OwnCall } from './call-record.ts'
import { GROUPS, WHOLES } from './figures.ts'
import { SignedStatement } from './statement.ts'
import { STEPS } from './time.ts'

const name = (description: string) => Type.Optional(Type.String({ minLength: 1, maxLength: 256, description }))
const moment = (description: string) =>
  Type.Optional(
    Type.String({
      maxLength: 40,
      description: `${description} A day such as \`2026-11-01\`, which begins where it does in \`timeZone\`, or an instant such as \`2026-11-01T18:00:00Z\`.`
    })
  )

const When = {
  from: moment('First instant. Default: the first of this month.'),
  to: moment('First instant after it. Default: now.'),
  timeZone: TimeZone({ default: 'UTC', description: 'Whose days and months are meant, such as `Europe/Berlin`.' })
}

const Paging = {
  limit: Type.Integer({ minimum: 1, maximum: 1_000, default: 100, description: 'Entries of a page.' }),
  cursor: Type.Optional(Type.String({ minLength: 1, maxLength: 2_048, description: '`next` of the page before.' }))
}

const Which = {
  credential: name('Only of the credential of that name.'),
  route: name('Only of the route of that id.'),
  model: name('Only of the model of that name, as the catalogue calls it.')
}

const ofConsumer = { consumer: name('Only of the consumer of that id.') }

const Asked = {
  ...When,
  step: Type.String({ enum: [...STEPS], default: 'total', description: 'How long each figure reaches.' }),
  ...Which,
  ...Paging
}

const groups = (names: readonly string[]) =>
  Type.Array(Type.String({ enum: [...names] }), {
    default: [],
    uniqueItems: true,
    maxItems: 5,
    description: 'What figures are told apart by; given again for each.'
  })

const named = Type.Optional(Type.String())

/** A figure that is told apart by some groups. */
const figure = (names: readonly string[]): Endpoint['response'] =>
  Type.Object({
    from: Type.String({ description: 'First instant of the step (RFC 3339).' }),
    to: Type.String({ description: 'First instant after it.' }),
    ...Object.fromEntries(names.map(group => [group, named])),
    requests: Type.Integer({ minimum: 0, description: 'Exchanges that ended then.' }),
    ...Object.fromEntries(WHOLES.map(whole => [whole, Type.Integer({ minimum: 0 })])),
    cost: Type.Array(Type.String(), {
      description: 'What they cost, such as `12.5 USD`, exactly; without those of `unpriced`.'
    })
  })

const next = Type.Optional(Type.String({ description: '`cursor` of the next page, if there is one.' }))

const figures = (names: readonly string[]) =>
  Type.Object({ timeZone: Type.String(), figures: Type.Array(figure(names)), next })

const EVERYBODYS = Object.keys(GROUPS)
const OWN = EVERYBODYS.filter(group => group !== 'consumer')

const AskedCalls = {
  ...When,
  ...Which,
  end: Type.Optional(Type.String({ enum: [...END_REASONS], description: 'Only those that ended so.' })),
  order: Type.String({ enum: ['newest', 'oldest'], default: 'newest', description: 'Which come first.' }),
  ...Paging
}

const exchange = Type.Object({
  exchange: Type.String({
    pattern: '^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$',
    description: 'Id of the exchange.'
  })
})

const month = Type.String({ pattern: '^\\d{4}-(?:0[1-9]|1[0-2])$', description: 'Such as `2026-11`.' })

/** The endpoints of the plugin. */
export const ENDPOINTS = {
  usage: {
    listener: 'admin',
    method: 'GET',
    path: '/usage',
    role: 'viewer',
    summary: 'What was used and what it cost, added up.',
    request: Type.Object({ ...Asked, ...ofConsumer, by: groups(EVERYBODYS) }),
    response: figures(EVERYBODYS),
    table: { rows: 'figures', next: 'next' }
  },
  calls: {
    listener: 'admin',
    method: 'GET',
    path: '/usage/calls',
    role: 'viewer',
    isAudited: true,
    summary: 'Exchanges one by one, as long as their rows are kept.',
    request: Type.Object({ ...AskedCalls, ...ofConsumer }),
    response: Type.Object({ calls: Type.Array(Call), next }),
    table: { rows: 'calls', next: 'next' }
  },
  call: {
    listener: 'admin',
    method: 'GET',
    path: '/usage/calls/{exchange}',
    role: 'viewer',
    isAudited: true,
    summary: 'One exchange, as long as its row is kept.',
    params: exchange,
    response: Call
  },
  statement: {
    listener: 'admin',
    method: 'GET',
    path: '/usage/statements/{consumer}/{month}',
    role: 'viewer',
    isAudited: true,
    summary: 'The signed statement of a month of a consumer.',
    params: Type.Object({ consumer: Type.String({ minLength: 1, maxLength: 256 }), month }),
    request: Type.Object({
      source: Type.String({
        enum: ['rollups', 'rows'],
        default: 'rollups',
        description: 'What it is made of: figures, or the rows that are still kept.'
      })
    }),
    response: SignedStatement
  },
  mine: {
    listener: 'public',
    method: 'GET',
    path: '/usage',
    role: 'consumer',
    summary: 'What you used and what it cost, added up.',
    request: Type.Object({ ...Asked, by: groups(OWN) }),
    response: figures(OWN),
    table: { rows: 'figures', next: 'next' }
  },
  myCalls: {
    listener: 'public',
    method: 'GET',
    path: '/usage/calls',
    role: 'consumer',
    summary: 'Your exchanges one by one, as long as their rows are kept.',
    request: Type.Object(AskedCalls),
    response: Type.Object({ calls: Type.Array(OwnCall), next }),
    table: { rows: 'calls', next: 'next' }
  },
  myCall: {
    listener: 'public',
    method: 'GET',
    path: '/usage/calls/{exchange}',
    role: 'consumer',
    summary: 'One of your exchanges, as long as its row is kept.',
    params: exchange,
    response: OwnCall
  },
  myStatement: {
    listener: 'public',
    method: 'GET',
    path: '/usage/statements/{month}',
    role: 'consumer',
    summary: 'The signed statement of one of your months.',
    params: Type.Object({ month }),
    response: SignedStatement
  }
} as const satisfies EndpointTable

/** Refusals of the endpoints. */
export const ENDPOINT_REASONS = {
  time_wrong: {
    status: 400,
    message:
      'Give `from` before `to`, as days or as instants on a quarter of an hour, and at most 1000 steps between them.',
    retryable: false
  },
  cursor_wrong: { status: 400, message: 'This cursor leads to no page of what is asked for.', retryable: false },
  too_many_figures: {
    status: 400,
    message: 'There are too many figures. Ask for less time, longer steps or fewer groups.',
    retryable: false
  },
  month_wrong: { status: 400, message: 'This is no month that statements can be made of.', retryable: false },
  statements_not_configured: {
    status: 404,
    message: 'This gateway signs no statements: `statements` is not set for its ledger.',
    retryable: false
  },
  call_unknown: { status: 404, message: 'No exchange of this id is kept.', retryable: false }
} as const
