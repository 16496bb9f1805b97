/**
 * An endpoint: counts the calls of each consumer, lets consumers ask for their
 * own count, and operators for everybody's and to begin anew.
 */
import { CONSUMER, definePlugin, Type } from 'tacit-gateway/plugin'

const Count = Type.Integer({ minimum: 0, description: 'Calls since the count began.' })

export default definePlugin({
  contract: 1,
  name: 'calls',
  summary: 'Counts calls by consumer, and tells who asks.',
  config: Type.Object({}),
  requires: [CONSUMER],
  data: { reads: ['identity'] },
  endpoints: {
    mine: {
      listener: 'public',
      method: 'GET',
      path: '/calls',
      role: 'consumer',
      summary: 'How often you have called.',
      response: Type.Object({ consumer: Type.String(), calls: Count })
    },
    everybody: {
      listener: 'admin',
      method: 'GET',
      path: '/calls',
      role: 'viewer',
      summary: 'How often each consumer has called.',
      response: Type.Object({
        consumers: Type.Array(Type.Object({ consumer: Type.String(), calls: Count }))
      })
    },
    reset: {
      listener: 'admin',
      method: 'DELETE',
      path: '/calls/{consumer}',
      role: 'operator',
      summary: 'Begins the count of a consumer anew.',
      response: Type.Object({ consumer: Type.String(), calls: Count })
    }
  },

  setup() {
    // As many entries as there are consumers: what is counted is who was known, never what was sent.
    const counts = new Map<string, number>()
    const callsOf = (consumer: string) => ({ consumer, calls: counts.get(consumer) ?? 0 })
    return {
      logging(exchange) {
        const id = exchange.get(CONSUMER)?.id
        if (id !== undefined) counts.set(id, (counts.get(id) ?? 0) + 1)
      },
      endpoints: {
        mine: ({ actor }) => callsOf(actor),
        everybody: () => ({ consumers: [...counts.keys()].sort().map(callsOf) }),
        reset({ params: { consumer = '' } }) {
          counts.delete(consumer)
          return callsOf(consumer)
        }
      }
    }
  }
})
