import { fileURLToPath } from 'node:url'
import t from 'tap'
import { runNode } from '../../support/process.ts'

const START = fileURLToPath(new URL('../../../examples/demo-upstream/start.ts', import.meta.url))

t.test('says in one sentence that Node is too old, and loads nothing', async t => {
  const pretend = "data:text/javascript,Object.defineProperty(process.versions,'node',{value:'22.18.0'})"
  const { code, stdout, stderr } = await runNode(t, ['--import', pretend, START, '/nowhere.yaml']).exited
  t.equal(code, 1)
  t.equal(stdout, '')
  t.equal(stderr, 'Tacit needs Node 24 or later, and this is 22.18.0. `npm start` brings the right one.\n')
})

t.test('says that there is no such file', async t => {
  const { code, stderr } = await runNode(t, [START, '/nowhere/gateway.yaml']).exited
  t.equal(code, 1)
  t.match(stderr, '"/nowhere/gateway.yaml" could not be read (ENOENT).')
})
