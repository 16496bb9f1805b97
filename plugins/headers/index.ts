/** Sets, adds and removes headers of requests on their way to the upstream, and of responses on their way back. */
import { definePlugin, Type } from 'tacit-gateway/plugin'
import { compileEdits } from './edits.ts'

const Pairs = (description: string) => Type.Optional(Type.Record(Type.String(), Type.String(), { description }))

const Edits = (description: string) =>
  Type.Optional(
    Type.Object(
      {
        remove: Type.Optional(Type.Array(Type.String(), { description: 'Names of headers to take away. Done first.' })),
        set: Pairs('Headers by name, in place of any of that name.'),
        ifAbsent: Pairs('Headers by name, where there is none of that name.'),
        append: Pairs('Headers by name, besides any of that name. Done last.')
      },
      { additionalProperties: false, description }
    )
  )

export default definePlugin({
  contract: 1,
  name: 'headers',
  summary: 'Sets, adds and removes headers of requests and responses.',
  config: Type.Object({
    request: Edits('For every try, before it leaves for the upstream.'),
    response: Edits('For every response, refusals by the gateway included, before it leaves for the client.')
  }),
  data: { reads: ['metadata'] },

  setup({ request, response }) {
    const editRequest = compileEdits('request', request)
    const editResponse = compileEdits('response', response)
    if (editRequest === undefined && editResponse === undefined) throw new Error('No header is named: say what to do.')
    return {
      ...(editRequest && { upstreamRequestFilter: (_exchange, { headers }) => editRequest(headers) }),
      ...(editResponse && { responseFilter: (_exchange, { headers }) => editResponse(headers) })
    }
  }
})
