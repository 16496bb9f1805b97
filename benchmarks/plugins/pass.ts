/** A plugin that is asked in every phase of an exchange and does nothing: what is left is what asking costs. */
import { definePlugin, Type } from 'tacit-gateway/plugin'

export default definePlugin({
  contract: 1,
  name: 'pass',
  summary: 'Does nothing, in every phase.',
  config: Type.Object({}),
  data: { reads: ['metadata'] },
  setup: () => ({
    requestFilter() {},
    upstreamRequestFilter() {},
    upstreamResult() {},
    responseFilter() {},
    finish() {},
    logging() {}
  })
})
