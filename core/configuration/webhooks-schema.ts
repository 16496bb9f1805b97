/** The shape of one entry under `webhooks:`: who is told of events. */
import { type StaticDecode, Type } from '@sinclair/typebox'
import { Duration, Secret } from '../contract/units.ts'
import { closed, Id, OneOrMany } from './schema-parts.ts'

/** Who is told of events. */
export const Webhook = Type.Object(
  {
    id: Id('Name of this webhook, in logs and in the list of dead letters.'),
    url: Type.String({
      pattern: '^https?://\\S+$',
      unit: 'webhookUrl',
      description: 'Where events are sent to, by POST. Use https.'
    }),
    secret: Secret({
      description:
        'What events are signed with, as Standard Webhooks does: `whsec_` and base64, or any text of at least 16 characters.'
    }),
    events: OneOrMany(Type.String({ pattern: '^(?:\\*|[a-z0-9-]+\\.(?:\\*|[a-z0-9_.-]+))$', unit: 'eventName' }), {
      default: ['*'],
      description: 'Events that it gets: `budget.exceeded`, all of a plugin with `budget.*`, or `*` for all.'
    }),
    allow: OneOrMany(Type.String(), {
      default: [],
      description:
        'Addresses, CIDR ranges or hosts that may be reached although they are not public, such as `10.0.0.7`.'
    }),
    timeout: Duration({ default: '10s', description: 'Time to take an event.' }),
    attempts: Type.Integer({
      minimum: 1,
      maximum: 30,
      default: 12,
      description: 'Tries, with pauses from a second to an hour between them, before an event becomes a dead letter.'
    })
  },
  closed
)

/** One webhook, decoded. */
export type WebhookConfiguration = StaticDecode<typeof Webhook>
