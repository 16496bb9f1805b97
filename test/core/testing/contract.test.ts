import { CONSUMER, definePlugin, type Phases, type PluginDefinition, sharedKey, Type } from 'tacit-gateway/plugin'
import { type ContractOptions, contract } from 'tacit-gateway/testing'
import t from 'tap'
import { runNode } from '../../support/process.ts'

const BASE = {
  contract: 1,
  name: 'sample',
  summary: 'For a test.',
  config: Type.Object({}),
  reasons: { no: { status: 403, message: 'No.', retryable: false } },
  data: { reads: ['request-body', 'response-body'] }
} as const

type Host = Parameters<PluginDefinition['setup']>[1]

/** What is found about a plugin with these phases; each finding once, without the exchanges in which it was made. */
async function foundIn(
  phases: Phases | ((host: Host) => Phases),
  data: PluginDefinition['data'] = BASE.data,
  options: ContractOptions = {}
): Promise<readonly string[]> {
  const setup: PluginDefinition['setup'] = (_config, host) => (typeof phases === 'function' ? phases(host) : phases)
  const { findings } = await contract(definePlugin({ ...BASE, data, setup }), {}, options)
  return [...new Set(findings.map(({ check, what }) => `${check}: ${what}`))]
}

t.test('finds nothing in plugins that keep it', async t => {
  t.strictSame(await foundIn({}), [])
  t.strictSame(
    await foundIn(host => ({
      requestFilter(exchange, { body }) {
        exchange.decide('went', {})
        return body.scan(['stream'])[0] === true ? host.refuse('no') : undefined
      },
      upstreamRequestFilter: (_exchange, { headers, body }) => {
        headers.set('x-length', String(body.bytes().length))
      },
      responseFilter(_exchange, { status, headers, body }) {
        headers.set('x-status', String(status))
        body.transformEvents({ event: (event, out) => out(event.with(event.data.toUpperCase())), end: () => {} })
        body.transformWhole(whole => whole.toReversed())
        body.observe({ event: () => {}, chunk: () => {}, end: () => {} }, 'upstream')
      },
      finish: () => {},
      logging: () => {},
      close: () => {}
    })),
    []
  )
})

t.test('finds nothing in a plugin that waits for its host, whatever happens meanwhile', async t => {
  const waiting = (host: Host): Phases => ({
    async requestFilter(exchange) {
      await host.limits.hold(exchange, [
        { counter: 'a', limit: 1, windowMs: 1000, algorithm: 'concurrency', amount: 1 }
      ])
      await host.store.set('a', 'b', 1000)
    },
    responseFilter(_exchange, { body }) {
      body.transformBytes({
        async chunk(bytes, out) {
          await host.store.get('a')
          out(bytes)
        },
        end: () => {}
      })
    }
  })
  const promised = ['promises: `requestFilter` hands back a promise although it waits for nothing']
  t.strictSame(await foundIn(waiting), [], 'a hold that is given back at the end is no leak')
  t.strictSame(await foundIn({ requestFilter: async () => {} }), promised)
})

t.test('finds what a phase throws, and what it hands back instead of a peer', async t => {
  const broken = {
    requestFilter: (_exchange: unknown, { body }: { body: { bytes(): Uint8Array } }) => {
      if (body.bytes().length === 0) throw new RangeError('nothing there')
    }
  }
  t.strictSame(await foundIn(broken), ['phases: `requestFilter` throws RangeError'])
  const peer = { id: 'x', origin: new URL('http://x.test'), weight: 1, priority: 0, labels: {}, inFlight: 0 }
  t.strictSame(await foundIn({ upstreamPeer: () => peer }, BASE.data, { place: 'balancer' }), [
    'phases: `upstreamPeer` hands back something that is none of the peers it was shown'
  ])
})

t.test('finds bodies that depend on where their bytes are split', async t => {
  const text = (bytes: Uint8Array) => Buffer.from(bytes).toString()
  const found = await foundIn({
    responseFilter: (_exchange, { body }) =>
      body.transformBytes({ chunk: (bytes, out) => out(Buffer.from(text(bytes))), end: () => {} })
  })
  t.match(found, [/^bodies: the body of the response is another when its bytes are split at \d+$/])
  t.ok(found.includes('bodies: the body of the response is another when its bytes come one by one'))
})

t.test('finds observers that change what they see, and transforms that pass something on too late', async t => {
  const changing = await foundIn({
    responseFilter: (_exchange, { body }) =>
      body.observe({ chunk: bytes => void bytes.fill(0), end: () => {} }, 'client')
  })
  t.ok(changing.includes('bodies: changes what an observer of `chunk` is shown'), changing.join('\n'))
  const late = await foundIn({
    responseFilter(_exchange, { body }) {
      let pass = (_bytes: Uint8Array) => {}
      body.transformBytes({
        chunk: (_bytes, out) => {
          pass = out
        },
        end: () => pass(Buffer.from('late'))
      })
    }
  })
  t.ok(late.includes('bodies: passes something on after its `chunk` was over'), late.join('\n'))
})

t.test('finds what does not come to its end when the client leaves, or the upstream breaks off', async t => {
  const stuck = (host: Host): Phases => ({
    async requestFilter(exchange) {
      await host.store.get('a')
      if (exchange.signal.aborted) await new Promise(() => {})
    }
  })
  const found = await foundIn(stuck, BASE.data, { settleMs: 1_000 })
  t.strictSame(found, ['aborts: requestFilter never comes to an end once the client has left'])
  const cut = await foundIn({
    responseFilter: (_exchange, { body }) =>
      body.observe(
        {
          end: clean => {
            if (!clean) throw new TypeError('not clean')
          }
        },
        'upstream'
      )
  })
  t.strictSame(cut, ['aborts: `observer.end` throws TypeError'])
})

t.test('lets a plugin give up for the reason of the signal, and for no other', async t => {
  const heeding = (host: Host): Phases => ({
    async requestFilter(exchange) {
      await host.store.get('a')
      exchange.signal.throwIfAborted()
    }
  })
  t.strictSame(await foundIn(heeding), [])
  const failing = (host: Host): Phases => ({
    async requestFilter(exchange) {
      await host.store.get('a')
      if (exchange.signal.aborted) throw new TypeError('surprised')
    }
  })
  t.strictSame(await foundIn(failing), ['aborts: `requestFilter` throws TypeError'])
})

t.test('finds a stream that is held back, and one that is another for a slow reader', async t => {
  const whole = await foundIn({
    responseFilter(_exchange, { body }) {
      const pieces: Uint8Array[] = []
      body.transformBytes({
        chunk: bytes => void pieces.push(bytes),
        end: out => out(Buffer.concat(pieces))
      })
    }
  })
  t.strictSame(whole, ['slow-reader: holds the whole stream back until its end'])
  const impatient = (host: Host): Phases => ({
    responseFilter(_exchange, { body }) {
      const startedMs = host.clock.monotonic()
      body.transformEvents({
        event: (event, out) => {
          if (host.clock.monotonic() - startedMs < 10_000) out(event)
        },
        end: () => {}
      })
    }
  })
  t.strictSame(await foundIn(impatient), [
    'slow-reader: the body of the response is another when the client reads slowly'
  ])
})

t.test('finds what one instance does to another, and what a closed one still does', async t => {
  let open = 0
  const only = (): Phases => {
    open++
    return {
      upstreamRequestFilter: (_exchange, { headers }) => headers.set('x-open', String(open)),
      close: () => void open--
    }
  }
  t.strictSame(await foundIn(only), [
    'reload: the request to the upstream is another when the instance before it is closed meanwhile'
  ])
  const lingering = (host: Host): Phases => {
    let isOver = Promise.withResolvers<void>()
    return {
      requestFilter: () => {
        isOver = Promise.withResolvers()
        isOver.promise.then(() => host.store.set('a', 'b', 1000)).catch(() => {})
      },
      close: () => void setImmediate(() => isOver.resolve())
    }
  }
  t.ok((await foundIn(lingering)).includes('reload: uses host.store.set after it was closed'))
})

t.test('finds what is touched and not declared', async t => {
  const data = { reads: ['metadata'] } as const
  const attempt = (work: () => unknown) => {
    try {
      work()
    } catch {
      // Core refuses it; the plugin goes on as if nothing had been.
    }
  }
  const curious: Phases = {
    requestFilter(exchange, { headers, body }) {
      headers.get('Authorization')
      exchange.get(CONSUMER)
      exchange.set(sharedKey('sample/else'), 1)
      attempt(() => body.bytes())
    },
    responseFilter: (_exchange, { body }) => attempt(() => body.transformWhole(whole => whole))
  }
  t.strictSame(await foundIn(curious, data), [
    'undeclared: reads the header authorization, and `data.reads` does not list `credential`',
    'undeclared: reads the fact tacit/consumer, and `data.reads` does not list `identity`',
    'undeclared: sets the fact sample/else, and neither `provides` nor `providesAtEnd` lists it',
    "undeclared: touches the request's body, and `data.reads` does not list `request-body`",
    "undeclared: touches the response's body, and `data.reads` does not list `response-body`"
  ])
})

t.test('finds promises that nobody waits for', async t => {
  t.strictSame(
    await foundIn({
      upstreamRequestFilter: () => void Promise.resolve(),
      finish: async () => {}
    }),
    [
      'promises: `upstreamRequestFilter` makes promises that nobody waits for',
      'promises: `finish` hands back a promise, which nobody waits for',
      'promises: `finish` hands back a promise although it waits for nothing'
    ]
  )
})

t.test('finds a rejection that nobody hears', async t => {
  // In a process of its own: the test runner takes such a rejection for the end of the test.
  const program = `
    import { definePlugin, Type } from 'tacit-gateway/plugin'
    import { contract } from 'tacit-gateway/testing'
    const setup = () => ({ logging: () => void Promise.reject(new Error('lost')) })
    const plugin = definePlugin({ contract: 1, name: 'x', summary: 'X.', config: Type.Object({}), data: { reads: [] }, setup })
    const { findings } = await contract(plugin)
    console.log(findings.some(({ what }) => what === 'leaves a promise that is rejected, and nobody listens'))
  `
  const { stdout, stderr, code } = await runNode(t, ['--input-type=module', '--eval', program]).exited
  t.strictSame({ stdout, stderr, code }, { stdout: 'true\n', stderr: '', code: 0 })
})

t.test('gives exchanges of its author their turn, with what every exchange has', async t => {
  const seen = new Set<string | undefined>()
  const options: ContractOptions = {
    every: { request: { headers: { 'x-every': 'yes' } }, facts: exchange => exchange.set(CONSUMER, CALLER) },
    exchanges: { mine: { request: { target: '/mine' } } }
  }
  const phases: Phases = {
    requestFilter: (exchange, { target, headers }) => {
      if (target === '/mine') seen.add(exchange.need(CONSUMER).id)
      seen.add(headers.get('x-every'))
    }
  }
  t.strictSame(await foundIn(phases, { reads: ['identity'] }, options), [])
  t.strictSame([...seen].sort(), ['caller', 'yes'])
})

const CALLER = { id: 'caller', group: undefined, labels: {} }

t.test('counts what it ran, and refuses what a gateway would not start with', async t => {
  const { runs } = await contract(definePlugin({ ...BASE, setup: () => ({}) }))
  t.ok(Object.values(runs).every(count => count > 0))
  t.equal(runs.promises, runs.phases + runs.bodies + runs.aborts + runs['slow-reader'] + runs.reload)
  await t.rejects(contract(definePlugin({ ...BASE, setup: () => ({ requestFiltre: () => {} }) as Phases })), {
    code: 'TACIT_PLUGIN_PHASES'
  })
})
