/** The shape of a file of cases for `tacit test`: requests, and what is expected to become of them. */
import { type StaticDecode, Type } from '@sinclair/typebox'
import { closed as closedSchema } from '../configuration/closed.ts'
import { editorValue } from '../configuration/editor-values.ts'
import { type Finding, problem } from '../configuration/finding.ts'
import { closed, OneOrMany, Word } from '../configuration/schema-parts.ts'
import { Duration } from '../contract/units.ts'

const Headers = (description: string) => Type.Record(Type.String(), Type.String(), { default: {}, description })

const Without = OneOrMany(Type.String(), { default: [], description: 'Names of headers that must not be there.' })

const Request = Type.Object(
  {
    method: Type.String({ default: 'GET', description: 'Method of the request.' }),
    path: Type.String({ description: 'Path and query, as a client sends it.' }),
    headers: Headers('Headers of the request. A `host` is added where none is given.'),
    body: Type.Optional(Type.String({ description: 'The body, as it is sent.' })),
    json: Type.Optional(Type.Unknown({ description: 'The body, written as YAML and sent as JSON.' })),
    from: Type.Optional(Type.String({ description: 'Address that the request comes from.' }))
  },
  { ...closed, description: 'What a client sends.' }
)

const Sent = Type.Object(
  {
    method: Type.Optional(Type.String({ description: 'Method that the server sees.' })),
    path: Type.Optional(Type.String({ description: 'Path and query that the server sees.' })),
    headers: Headers('Headers that the server sees. Credentials are compared as `[secret]`, a scheme before it stays.'),
    without: Without
  },
  { ...closed, description: 'What is sent to the server of the last try.' }
)

const Answered = Type.Object(
  { headers: Headers('Headers that the client gets.'), without: Without },
  { ...closed, description: 'What the client gets.' }
)

const Expect = Type.Object(
  {
    route: Type.Optional(Type.String({ description: 'Id of the route.' })),
    status: Type.Optional(Type.Integer({ minimum: 100, maximum: 599, description: 'Status that the client gets.' })),
    refusal: Type.Optional(Type.String({ description: 'Reason of a refusal, such as `missing_api_key`.' })),
    consumer: Type.Optional(Type.String({ description: 'Id of the consumer who is recognised.' })),
    upstream: Type.Optional(Type.String({ description: 'Id of the upstream of the last try.' })),
    peer: Type.Optional(Type.String({ description: 'Id of the server of the last try.' })),
    model: Type.Optional(Type.String({ description: 'Name that the chosen target knows the model by.' })),
    tries: Type.Optional(
      Type.Integer({ minimum: 0, description: 'How many tries there are; 0 when nothing is sent.' })
    ),
    sent: Type.Optional(Sent),
    answered: Type.Optional(Answered)
  },
  { ...closed, description: 'What must become of it. What is not named may be anything.' }
)

const Answer = Type.Object(
  {
    status: Type.Integer({ minimum: 200, maximum: 599, default: 200, description: 'Status of the answer.' }),
    fails: Type.Optional(
      Word(['connect_failed', 'timed_out', 'reset'], {
        description: 'The server does not answer, but fails like this.'
      })
    ),
    headers: Headers('Headers of the answer.'),
    body: Type.Optional(Type.String({ description: 'Body of the answer.' })),
    after: Duration({ default: '0ms', description: 'Time until the answer.' })
  },
  { ...closed, description: 'What a server is taken to answer.' }
)

const Step = Type.Object(
  {
    wait: Duration({ default: '0ms', description: 'Time that passes before.' }),
    times: Type.Integer({
      minimum: 1,
      maximum: 10_000,
      default: 1,
      description: 'How often it is sent; the last is judged.'
    }),
    request: Request,
    expect: Expect
  },
  closed
)

const Case = Type.Object(
  {
    name: Type.String({ minLength: 1, description: 'What is claimed, such as `answers 401 without a key`.' }),
    answers: Type.Record(Type.String(), Answer, {
      default: {},
      description: 'What servers answer, by `peer`, `upstream/peer` or `*`. Whoever is not named answers 200.'
    }),
    request: Type.Optional(Request),
    expect: Type.Optional(Expect),
    steps: Type.Optional(
      Type.Array(Step, { minItems: 1, description: 'Requests one after the other, on the same state.' })
    )
  },
  closed
)

/** The whole file. */
export const CasesFile = Type.Object(
  {
    at: Type.String({
      pattern: '^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}(?:\\.\\d{1,3})?Z$',
      unit: 'instant',
      default: '2026-01-01T00:00:00Z',
      description: 'An instant such as 2026-01-01T00:00:00Z: where the clock stands at the beginning of each case.'
    }),
    seed: Type.Integer({ minimum: 1, default: 1, description: 'Of the dice.' }),
    cases: Type.Array(Case, { minItems: 1, description: 'Each begins anew.' })
  },
  { ...closed, title: 'Cases for `tacit test`' }
)

/** A file of cases, decoded. */
export type Cases = StaticDecode<typeof CasesFile>
/** One step of a case, decoded. */
export type CaseStep = StaticDecode<typeof Step>
/** One case, decoded. */
export type Case = StaticDecode<typeof Case>
/** What is expected of a request, decoded. */
export type Expectation = StaticDecode<typeof Expect>

/** The JSON Schema (draft-07) that editors check and complete a file of cases with. */
export function casesSchema(): object {
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    $comment: 'Made by `tacit schema --cases`. Changes belong into the schema it is made from.',
    ...editorValue(closedSchema(CasesFile))
  }
}

/** What the schema cannot say: a case is one request or several steps, and a body is written in one way. */
export function checkCases({ cases, at }: Cases): readonly Finding[] {
  const findings: Finding[] = []
  if (Number.isNaN(Date.parse(at))) {
    findings.push(problem(['at'], 'TACIT_VALUE_INVALID', 'There is no such day.', 'Correct the instant.'))
  }
  for (const [index, { request, expect, steps }] of cases.entries()) {
    const isOne = request !== undefined && expect !== undefined
    if (steps === undefined ? !isOne : request !== undefined || expect !== undefined) {
      findings.push(
        problem(
          ['cases', index, 'name'],
          'TACIT_CASE_FORM',
          'A case has `request` and `expect`, or `steps`.',
          'Write one of the two.'
        )
      )
    }
    for (const [at, step] of (steps ?? []).entries()) bodyTwice(step.request, ['cases', index, 'steps', at], findings)
    if (request !== undefined) bodyTwice(request, ['cases', index], findings)
  }
  return findings
}

function bodyTwice(request: CaseStep['request'], path: Finding['path'], findings: Finding[]): void {
  if (request.body === undefined || request.json === undefined) return
  const cure = 'Keep `json` to write it as YAML.'
  findings.push(
    problem([...path, 'request', 'json'], 'TACIT_CASE_FORM', 'A request has `body` or `json`, not both.', cure, 'key')
  )
}
