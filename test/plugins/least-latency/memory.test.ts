import t from 'tap'
import { Memory } from '../../../plugins/least-latency/memory.ts'

const peer = (id: string, weight = 1) => ({ id, weight })

t.test('remembers each peer by its id', async t => {
  const memory = new Memory(1000)
  memory.of('a').latency.observe(50, 0)
  t.equal(memory.of('a').latency.estimateMs(0), 50)
  t.equal(memory.of('b').latency.estimateMs(0), undefined)
  t.equal(memory.of('b').unclearInRow, 0)
})

t.test('knows who has waited longest', async t => {
  const memory = new Memory(1000)
  const peers = [peer('a'), peer('b'), peer('c')]
  for (const id of ['c', 'a', 'b', 'a']) memory.noteTurn(id, peers)
  t.equal(memory.longestWaiting(peers), peers[2])
  memory.noteTurn('c', peers)
  t.equal(memory.longestWaiting(peers), peers[1])
})

t.test('a peer without a turn has waited longest', async t => {
  const memory = new Memory(1000)
  const peers = [peer('a'), peer('b')]
  memory.noteTurn('a', peers)
  t.equal(memory.longestWaiting(peers), peers[1])
})

t.test('weight 0 waits behind everybody who has a weight', async t => {
  const memory = new Memory(1000)
  const peers = [peer('spare', 0), peer('a'), peer('spare-2', 0)]
  memory.noteTurn('spare', peers)
  memory.noteTurn('a', peers)
  t.equal(memory.longestWaiting(peers), peers[1])
  t.equal(memory.longestWaiting([peer('spare', 0), peer('spare-2', 0)])?.id, 'spare-2')
})

t.test('nobody waits in an empty list', async t => {
  t.equal(new Memory(1000).longestWaiting([]), undefined)
})

t.test('forgets peers that are gone for good, and keeps those that are present', async t => {
  const memory = new Memory(1000)
  const lasting = peer('lasting')
  memory.of('lasting').latency.observe(50, 0)
  for (let generation = 0; generation < 1000; generation++) {
    const gone = peer(`g${generation}`)
    memory.noteTurn(gone.id, [lasting, gone])
  }
  t.ok(memory.size <= 68, `remembers ${memory.size}`)
  t.equal(memory.of('lasting').latency.estimateMs(0), 50)
})
