/**
 * A plugin for tests, as the text of a file: it looks at every body and rewrites
 * it as what it is, so that all machinery for rewriting runs and nothing may
 * change.
 */

/** Use it as `use: ./rewriter.ts`. */
export const REWRITER = `
import { definePlugin, Type } from 'tacit-gateway/plugin'
export default definePlugin({
  contract: 1,
  name: 'rewriter',
  summary: 'Rewrites bodies as what they are.',
  config: Type.Object({}),
  data: { reads: ['request-body', 'response-body'] },
  setup: () => ({
    requestFilter: (_exchange, request) => request.body.replace(request.body.bytes()),
    responseFilter(_exchange, response) {
      response.body.observe({ event() {}, chunk() {}, end() {} }, 'upstream')
      response.body.transformWhole(body => body)
      response.body.transformEvents({ event: (event, out) => out(event), end() {} })
    }
  })
})
`

/** It, beside the configuration. */
export const REWRITER_FILES = { 'rewriter.ts': REWRITER }
