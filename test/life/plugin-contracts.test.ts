import { CONSUMER, CREDENTIAL, type NestedPlugin, type Plugin } from 'tacit-gateway/plugin'
import { type ContractOptions, contract } from 'tacit-gateway/testing'
import t from 'tap'
import { PluginLoader } from '../../core/loader.ts'
import { macToken } from '../support/tokens.ts'

/** What a plugin is put through the contract with. */
interface Case {
  readonly config?: Readonly<Record<string, unknown>>
  readonly options?: ContractOptions
}

const KNOWN: ContractOptions = {
  credentials: [{ secret: 'sk-known', consumer: { id: 'team-search' } }],
  every: { request: { headers: { authorization: 'Bearer sk-known' } } },
  exchanges: {
    'a key that nobody knows': { request: { headers: { authorization: 'Bearer sk-unknown' } } },
    'two keys': { request: { headers: { 'x-api-key': 'sk-known' } } }
  }
}

const CALLED: ContractOptions = {
  every: { facts: exchange => exchange.set(CONSUMER, { id: 'team-search', group: undefined, labels: {} }) }
}

const LIMITED: ContractOptions = {
  every: {
    request: { body: '{"model":"gpt-4.1"}' },
    facts: exchange => {
      exchange.set(CONSUMER, { id: 'team-search', group: undefined, labels: {} })
      exchange.set(CREDENTIAL, { id: 'team-search/1', scopes: [], goodFor: { models: ['gpt-4.1'] } })
    }
  },
  exchanges: { 'another model': { request: { body: '{"model":"gpt-5"}' } } }
}

const SECRET = 'a secret of thirty-two bytes or more'
const CLAIMS = { iss: 'https://issuer.test', aud: 'gateway', sub: 'team-search', exp: 4_102_444_800 }

/** A plugin that stands within another, and finds nothing or somebody. */
function within(isAbsent: boolean): NestedPlugin {
  return {
    instance: 'within',
    requestFilter(exchange) {
      if (isAbsent) return undefined
      exchange.set(CONSUMER, { id: 'team-search', group: undefined, labels: {} })
      exchange.set(CREDENTIAL, { id: 'team-search/1', scopes: [] })
      return undefined
    },
    saysAbsent: () => isAbsent
  }
}

/** By the name of the plugin; several for one that has several ways. A plugin that needs nothing needs no line. */
const CASES: Readonly<Record<string, readonly Case[]>> = {
  'any-of': [
    {
      config: { methods: [{ use: 'jwt-auth' }, { use: 'key-auth' }] },
      options: { parts: { nested: [within(true), within(false)] } }
    }
  ],
  'basic-auth': [
    {
      options: {
        credentials: [{ secret: 'ada:secret', consumer: { id: 'team-search' } }],
        every: { request: { headers: { authorization: 'Basic YWRhOnNlY3JldA==' } } },
        exchanges: { 'a wrong password': { request: { headers: { authorization: 'Basic YWRhOndyb25n' } } } }
      }
    }
  ],
  'access-log': [{ options: CALLED }, { config: { sample: '50%', exclude: ['status'] }, options: CALLED }],
  budget: [
    { config: { budgets: [{ amount: '9000000.00 USD', shadow: true }] }, options: CALLED },
    { config: { budgets: [{ amount: '1.00 USD', each: 'month' }] }, options: CALLED }
  ],
  cors: [
    {
      config: { origins: ['https://app.test'], credentials: true },
      options: {
        every: { request: { headers: { origin: 'https://app.test' } } },
        exchanges: {
          'a preflight': { request: { method: 'OPTIONS', headers: { 'access-control-request-method': 'POST' } } }
        }
      }
    }
  ],
  headers: [
    {
      config: {
        request: { remove: ['x-a'], set: { 'x-b': '1' }, ifAbsent: { 'x-c': '2' }, append: { 'x-d': '3' } },
        response: { set: { 'x-e': '4' } }
      }
    }
  ],
  'hmac-auth': [
    {
      options: {
        every: {
          request: {
            headers: {
              'signature-input': 'sig=("@method");created=1767225600;keyid="k";nonce="n"',
              signature: 'sig=:AAAA:'
            }
          }
        }
      }
    }
  ],
  'ip-restriction': [{ config: { allow: ['192.0.2.0/24'] } }],
  'jwt-auth': [
    {
      config: {
        issuer: 'https://issuer.test',
        audience: 'gateway',
        algorithms: 'HS256',
        keys: [{ algorithm: 'HS256', key: SECRET }]
      },
      options: {
        consumers: [{ id: 'team-search' }],
        every: { request: { headers: { authorization: `Bearer ${macToken(SECRET, CLAIMS)}` } } },
        exchanges: {
          'a token that is none': { request: { headers: { authorization: 'Bearer a.b.c' } } },
          'two tokens': { request: { headers: { authorization: ['Bearer a.b.c', 'Bearer a.b.c'] } } }
        }
      }
    }
  ],
  'key-auth': [{}, { options: KNOWN }],
  'model-scope': [{ options: LIMITED }],
  'consistent-hash': [{ options: { place: 'balancer' } }],
  'least-latency': [{ options: { place: 'balancer' } }],
  'least-request': [{ options: { place: 'balancer' } }],
  'nearest-region': [{ config: { order: ['eu'] }, options: { place: 'upstream' } }],
  priority: [{ options: { place: 'upstream' } }],
  opentelemetry: [
    {
      config: { endpoint: 'http://collector.test:4318' },
      options: {
        parts: { fetch: async () => ({ status: 200, body: new Uint8Array() }) },
        every: { request: { headers: { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' } } }
      }
    },
    {
      config: { endpoint: 'http://collector.test:4318', sample: '50%' },
      options: { parts: { fetch: async () => ({ status: 503, body: new Uint8Array() }) } }
    }
  ],
  'rate-limit': [
    { config: { limits: [{ requests: 1_000_000, per: '1m' }, { concurrent: 1_000 }] }, options: CALLED },
    {
      config: {
        by: 'address',
        limits: [
          { tokens: 1_000_000_000, per: '1m' },
          { bytes: '100GiB', each: 'day' }
        ]
      },
      options: CALLED
    }
  ],
  'upstream-auth': [
    { config: { secret: 'sk-upstream' }, options: { place: 'upstream' } },
    { config: { secret: 'sk-upstream', query: 'key' }, options: { place: 'upstream' } }
  ],
  weighted: [{ options: { place: 'balancer' } }]
}

// Some thousand exchanges for each plugin.
t.setTimeout(240_000)

for (const name of new PluginLoader().names()) {
  t.test(`${name} keeps the contract`, async t => {
    const module: { readonly default: Plugin } = await import(`../../plugins/${name}/index.ts`)
    for (const { config = {}, options = {} } of CASES[name] ?? [{}]) {
      const { findings, runs } = await contract(module.default, config, options)
      t.strictSame(findings, [])
      t.ok(runs.bodies > 100 && runs.aborts > 100 && runs.reload > 10, `${runs.promises} exchanges`)
    }
  })
}

t.test('every case is for a plugin that exists', async t => {
  const names = new PluginLoader().names()
  t.strictSame(
    Object.keys(CASES).filter(name => !names.includes(name)),
    []
  )
})
