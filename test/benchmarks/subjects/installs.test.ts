import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { cacheFolder, install, type Recipe, reasonOf } from '../../../benchmarks/subjects/installs.ts'

/** Installs by running a line of a shell. */
function recipe(line: string): Recipe {
  return { folder: 'peer-1.0', proof: 'bin/peer', steps: into => [['sh', '-c', `cd ${into} && ${line}`]] }
}

t.test('a peer is installed once, into a folder of its version', async t => {
  const cache = join(t.testdir(), 'cache')
  const said: string[] = []
  const making = recipe('mkdir bin && touch bin/peer')
  t.equal(await install(making, line => said.push(line), cache), undefined)
  t.equal(
    await install(recipe('false'), line => said.push(line), cache),
    undefined,
    'what is there is not asked for again'
  )
  t.strictSame([readdirSync(cache), said.length], [['peer-1.0'], 1])
})

t.test('a peer that cannot be had leaves a reason and nothing else', async t => {
  const cache = t.testdir()
  const refused = recipe('mkdir bin && touch bin/half && echo "ERROR: No matching distribution found" >&2 && false')
  t.equal(await install(refused, () => {}, cache), 'No matching distribution found')
  t.strictSame(readdirSync(cache), [])
})

t.test('a package without what is to be run is a reason, too', async t => {
  const cache = t.testdir()
  t.equal(await install(recipe('true'), () => {}, cache), 'its package holds no bin/peer')
  t.strictSame(readdirSync(cache), [])
})

t.test('what another run has installed meanwhile stays', async t => {
  const cache = t.testdir()
  const other = join(cache, 'peer-1.0')
  const making: Recipe = {
    ...recipe(''),
    steps: into => {
      mkdirSync(other)
      writeFileSync(join(other, 'first'), '')
      return [['sh', '-c', `mkdir ${into}/bin && touch ${into}/bin/peer`]]
    }
  }
  t.equal(await install(making, () => {}, cache), undefined)
  t.ok(existsSync(join(other, 'first')))
  t.strictSame(readdirSync(cache), ['peer-1.0'])
})

t.test('a missing client is a reason', async t => {
  const none: Recipe = { ...recipe(''), steps: () => [['no-such-client-of-a-registry', 'install']] }
  t.match(await install(none, () => {}, t.testdir()), /no-such-client-of-a-registry ENOENT/)
})

t.test('the reason is the line that says it, without prefixes', async t => {
  const failed = (stderr: string) => Object.assign(new Error('Command failed'), { stderr })
  t.equal(
    reasonOf(failed('npm error code ETARGET\nnpm error notarget No matching version found for a@^1.1.3.\n\n')),
    'No matching version found for a@^1.1.3'
  )
  t.equal(reasonOf(failed('')), 'Command failed')
  t.equal(reasonOf(undefined), 'it could not be installed')
})

t.test('peers are kept in the cache of the user', async t => {
  t.equal(cacheFolder({ XDG_CACHE_HOME: '/caches' }), '/caches/tacit-gateway/benchmarks')
  t.match(cacheFolder({}), /\.cache\/tacit-gateway\/benchmarks$/)
})
