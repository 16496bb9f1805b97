import t from 'tap'
import { send } from '../../support/client.ts'
import { says, servers, startWith } from '../../support/peers.ts'

t.test('a rejected answer whose rest does not come is given up after a second', async t => {
  const peers = await servers(t, undefined, says(200, 'second'))
  const server = await startWith(t, peers, { attempts: 2, on: [503] })
  const answer = send({ url: server.url })
  const exchange = await peers[0]?.next()
  exchange?.head(503, { 'content-length': '100' })
  t.equal((await answer).status, 200, 'nobody waits for it')
  server.clock.advance(1_000)
  t.equal((await exchange?.closed)?.clean, false)
})
