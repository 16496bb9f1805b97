/** The files of a new plugin: one that works, and its test. Pure. */

/** Files by their names within the plugin's folder. */
export function pluginFiles(name: string): Readonly<Record<string, string>> {
  const identifier = name.replace(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
  const reason = `no_${name.replaceAll('-', '_')}_header`
  return { 'index.ts': plugin(name, reason), 'index.test.ts': test(name, identifier, reason) }
}

function plugin(name: string, reason: string): string {
  return `/** Asks for a header on every request, and says in every response that it was there. A start: change all of it. */
import { definePlugin, Type } from 'tacit-gateway/plugin'

export default definePlugin({
  contract: 1,
  name: '${name}',
  summary: 'Asks for a header on every request.',
  // What operators write under \`config:\`. Descriptions are the documentation that editors show.
  config: Type.Object({
    header: Type.String({ default: 'x-${name}', description: 'Header that must be there.' })
  }),
  // Every way to say no: core answers with these, in the form that the client's SDK expects.
  reasons: {
    ${reason}: { status: 400, message: 'A header is missing.', retryable: false }
  },
  // What the plugin reads; a body that is not listed here is not handed over.
  data: { reads: ['metadata'] },

  setup({ header }, host) {
    return {
      requestFilter(exchange, request) {
        if (request.headers.get(header) === undefined) return host.refuse('${reason}')
        exchange.decide('header', { found: true })
      },

      responseFilter(_exchange, response) {
        response.headers.set(header, 'seen')
      }
    }
  }
})
`
}

function test(name: string, identifier: string, reason: string): string {
  return `import assert from 'node:assert/strict'
import { test } from 'node:test'
import { drive } from 'tacit-gateway/testing'
import ${identifier} from './index.ts'

test('refuses a request without the header', async () => {
  const driven = await drive(${identifier})
  const refused = await driven.exchange().requestFilter()
  assert.equal(refused !== undefined && 'reason' in refused && refused.reason, '${reason}')
})

test('lets a request with the header pass, and says so in the response', async () => {
  const driven = await drive(${identifier}, { header: 'x-other' })
  const exchange = driven.exchange({ headers: { 'x-other': 'yes' } })
  assert.equal(await exchange.requestFilter(), undefined)
  assert.deepEqual(exchange.decisions, [{ by: '${name}', name: 'header', facts: { found: true } }])
  assert.equal((await exchange.responseFilter()).headers['x-other'], 'seen')
})
`
}
