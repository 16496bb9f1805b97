/**
 * A record: keeps a row of metadata for each exchange of a consumer, and lets
 * consumers read their own rows. What was said is in none of them: a row takes
 * numbers, instants and names that the configuration knows, and nothing else.
 */
import { CONSUMER, definePlugin, Instant, KnownName, Type, Uuid } from 'tacit-gateway/plugin'

const Passage = Type.Object({
  at: Instant({ description: 'When the request came.' }),
  route: Type.String({ description: 'Name of the route.' }),
  status: Type.Integer({ description: 'Status of the answer.' })
})

export default definePlugin({
  contract: 1,
  name: 'passages',
  summary: 'Keeps a row for each exchange, and shows consumers theirs.',
  config: Type.Object({}),
  requires: [CONSUMER],
  data: { reads: ['metadata', 'identity'] },
  records: {
    passage: {
      purpose: 'Shows consumers what passed in their name.',
      class: 'access',
      subject: 'consumer',
      id: 'exchange',
      at: 'receivedAt',
      // Found without a key, and read by whoever has the disk: nothing that says who it was.
      clear: ['route', 'status'],
      fields: Type.Object({
        exchange: Uuid(),
        receivedAt: Instant(),
        consumer: KnownName('consumer'),
        route: KnownName('route'),
        status: Type.Integer()
      })
    }
  },
  endpoints: {
    mine: {
      listener: 'public',
      method: 'GET',
      path: '/passages',
      role: 'consumer',
      summary: 'What passed in your name, the newest first.',
      response: Type.Object({ passages: Type.Array(Passage) })
    }
  },

  setup(_config, host) {
    return {
      logging(exchange, { end }) {
        const consumer = exchange.get(CONSUMER)?.id
        if (consumer === undefined) return
        const { id, receivedAt, route } = exchange
        host.record('passage', { exchange: id, receivedAt, consumer, route, status: end.status })
      },
      endpoints: {
        async mine({ actor }) {
          const { rows } = await host.query('passage', { where: { consumer: actor }, limit: 100 })
          const passages = rows.map(({ at, fields }) => ({
            at,
            route: String(fields.route),
            status: Number(fields.status)
          }))
          return { passages }
        }
      }
    }
  }
})
