import t from 'tap'
import { main } from '../../../core/cli/main.ts'
import { routeOf, startTestGateway, upstreamOf } from '../../support/gateway.ts'
import { TestTerminal } from '../../support/terminal.ts'
import type { Teardown } from '../../support/upstream.ts'
import { digestOf } from '../admin/support.ts'

/** A gateway with a token, and a way to run the command against it. */
async function start(t: Teardown) {
  const gateway = await startTestGateway(
    t,
    {
      digestKey: '${DIGEST_KEY}',
      admin: { port: 0, tokens: [{ id: 'ada', role: 'operator', keyHash: digestOf('secret') }] },
      upstreams: [upstreamOf(['http://127.0.0.1:9', 'http://127.0.0.1:9'])],
      routes: [routeOf()]
    },
    { environment: { DIGEST_KEY: 'key-of-these-tests' } }
  )
  const run = async (args: readonly string[], token = 'secret', admin = gateway.adminUrl) => {
    const terminal = new TestTerminal('', { TACIT_ADMIN_TOKEN: token })
    const code = await main(['upstreams', '--admin', admin, ...args], terminal)
    return { code, printed: terminal.printed, complained: terminal.complained }
  }
  return { run }
}

t.test('shows how each peer is', async t => {
  const { run } = await start(t)
  const { code, printed } = await run([])
  t.equal(code, 0)
  t.match(printed.split('\n'), [
    /^PEER +STATE +WHY +LEFT +WEIGHT +IN FLIGHT +TRIES +FAILED +BALANCER$/,
    /^upstream\/peer-1 +serving +1 +0 +0 +0 +weighted$/,
    /^upstream\/peer-2 +serving /
  ])
  const json = await run(['--json'])
  t.match(JSON.parse(json.printed), {
    upstreams: [{ id: 'upstream', peers: [{ id: 'peer-1', state: 'serving' }, {}] }]
  })
})

t.test('drains a peer, lets one rest, and puts them back', async t => {
  const { run } = await start(t)
  t.match(await run(['drain', 'upstream/peer-1']), { code: 0, printed: 'upstream/peer-1 is drained.\n' })
  t.match(await run(['rest', 'upstream/peer-2', '5m']), { code: 0, printed: 'upstream/peer-2 is resting.\n' })
  const { printed } = await run([])
  t.match(printed, /peer-1 +drained +by hand/)
  t.match(printed, /peer-2 +resting +by hand +(?:299|300)s/)
  t.match(await run(['return', 'upstream/peer-1']), { code: 0, printed: 'upstream/peer-1 is serving.\n' })
  const json = await run(['--json', 'return', 'upstream/peer-2'])
  t.strictSame(JSON.parse(json.printed), { upstream: 'upstream', peer: 'peer-2', state: 'serving' })
})

t.test('says what is wrong, and what to do', async t => {
  const { run } = await start(t)
  for (const [args, complaint] of [
    [['drain', 'upstream'], /This is no peer\..*such as chat\/eu/s],
    [['drain', 'upstream/../x'], /This is no peer/],
    [['rest', 'upstream/peer-1', 'long'], /no time to rest.*such as 30s/s],
    [['rest', 'upstream/peer-1', '2d'], /does not have the form/],
    [['return', 'upstream/peer-9'], /No upstream has a peer of that name/]
  ] as const) {
    const { code, complained, printed } = await run(args)
    t.strictSame([code, printed], [1, ''], args.join(' '))
    t.match(complained, complaint)
  }
  t.match((await run([], 'wrong')).complained, /token.*TACIT_ADMIN_TOKEN/s)
  t.match((await run([], 'secret', 'http://127.0.0.1:9')).complained, /No gateway answers.*--admin/s)
  t.match((await run(['--json'], 'wrong')).printed, /"TACIT_ADMIN_REFUSED"/)
})
