/** Writes one line of metadata for each exchange. The log itself adds the ids of the exchange and of its route. */
import { CONSUMER, definePlugin, type Facts, Share, Type } from 'tacit-gateway/plugin'
import { Access, isFaultless, lineOf } from './line.ts'

export default definePlugin({
  contract: 1,
  name: 'access-log',
  summary: 'Writes one line of metadata for each exchange.',
  config: Type.Object({
    sample: Share({
      default: '100%',
      description: 'Share of the exchanges without fault that get a line. Refusals and errors always get one.'
    }),
    exclude: Type.Array(Type.String({ enum: Object.keys(Access.properties) }), {
      default: [],
      description: 'Fields to leave out.'
    })
  }),
  events: { access: Access },
  data: { reads: ['metadata', 'identity'] },

  setup({ sample, exclude }, host) {
    if (sample > 1) throw new Error('`sample` must be at most 100%.')

    return {
      logging(exchange, facts) {
        if (sample < 1 && isFaultless(facts) && host.random() >= sample) return
        const line: Record<string, Facts[string]> = lineOf(facts, exchange.get(CONSUMER)?.id)
        for (const field of exclude) line[field] = undefined
        exchange.log('access', line)
      }
    }
  }
})
