/** What the gateway would do with a request: `tacit explain` for the configuration that serves. Nothing is sent. */
import { type TSchema, Type } from '@sinclair/typebox'
import { explain } from '../dry-run/explain.ts'
import type { Explanation } from '../dry-run/explanation.ts'
import { endpointRefusal } from '../endpoints/reasons.ts'
import { GatewayError } from '../errors.ts'
import { type AdminSource, type CoreEndpoint, coreEndpoint } from './source.ts'

/** Those that wait for their turn; each sets the whole configuration up aside. */
const MAX_WAITING = 4

const Count = Type.Integer({ minimum: 0 })
const Text = Type.String()
const Texts = Type.Array(Text)
const Maybe = (schema: TSchema) => Type.Optional(schema)
const Facts = Type.Record(Text, Type.Union([Text, Type.Number(), Type.Boolean()]))
const Lines = Type.Array(Type.Array(Text, { minItems: 2, maxItems: 2 }), {
  description: 'Names and values of headers.'
})

const ExplanationSchema = Type.Unsafe<Explanation>(
  Type.Object({
    method: Text,
    target: Text,
    route: Maybe(Text),
    dialect: Maybe(Text),
    consumer: Maybe(Text),
    credential: Maybe(Text),
    model: Maybe(Text),
    phases: Type.Array(Type.Object({ way: Text, phase: Text, upstream: Maybe(Text), plugins: Texts })),
    calls: Type.Array(
      Type.Object({
        phase: Text,
        plugin: Text,
        attempt: Maybe(Count),
        outcome: Text,
        reason: Maybe(Text),
        decisions: Type.Array(Type.Object({ name: Text, facts: Facts })),
        changed: Texts
      })
    ),
    targets: Type.Array(Type.Object({ upstream: Text, model: Maybe(Text), chosen: Type.Boolean(), why: Text })),
    attempts: Type.Array(
      Type.Object({
        number: Count,
        upstream: Text,
        peer: Text,
        origin: Text,
        outcome: Text,
        status: Maybe(Count),
        request: Maybe(Type.Object({ method: Text, target: Text, headers: Lines, bodyBytes: Count })),
        others: Type.Array(Type.Object({ peer: Text, why: Text, facts: Facts }))
      })
    ),
    response: Type.Object({
      status: Count,
      source: Text,
      reason: Maybe(Text),
      headers: Lines,
      bodyBytes: Count
    }),
    end: Maybe(Text)
  })
)

/** Explains a request. */
export function explainEndpoint({ snapshot, clock }: AdminSource): CoreEndpoint {
  const endpoint = {
    listener: 'admin',
    method: 'POST',
    path: '/v1/explain',
    role: 'viewer',
    summary:
      'Says what the gateway would do with a request, and why, as it would do just after its start; nothing is sent.',
    request: Type.Object({
      method: Type.String({ pattern: '^[A-Z-]{1,20}$', default: 'GET', description: 'Such as POST.' }),
      target: Type.String({ pattern: '^/', maxLength: 4096, description: 'Path and query.' }),
      headers: Type.Array(
        Type.Object({ name: Type.String({ maxLength: 256 }), value: Type.String({ maxLength: 8192 }) }),
        {
          default: [],
          maxItems: 100
        }
      ),
      body: Type.Optional(Type.String({ description: 'Not kept, and not in the answer.' }))
    }),
    maxBytes: 256 * 1024,
    response: Type.Object({ explanation: ExplanationSchema })
  } as const
  let waiting = 0
  let last: Promise<unknown> = Promise.resolve()
  return coreEndpoint(endpoint, async ({ input: { method, target, headers, body } }) => {
    if (waiting > MAX_WAITING) throw endpointRefusal('workers_busy')
    waiting++
    const lines = headers.map(({ name, value }) => [name, value] as const)
    const request = { method, target, headers: lines, ...(body !== undefined && { body }) }
    const turn = last.then(() => explain(snapshot().loaded, request, { at: clock.now() }))
    last = turn.catch(() => {})
    try {
      return { explanation: await turn }
    } catch (error) {
      if (error instanceof GatewayError && error.code.startsWith('TACIT_REQUEST_'))
        throw endpointRefusal('invalid_request')
      throw error
    } finally {
      waiting--
    }
  })
}
