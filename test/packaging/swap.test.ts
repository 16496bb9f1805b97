import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { swapBack, swapIn } from '../../packaging/swap.ts'

const OWN = '{"name":"x","bin":{},"exports":{".":"./core/index.ts"},"scripts":{}}'

t.test('another manifest takes the place for a while, and the own one comes back as it was', async t => {
  const folder = t.testdir({ 'package.json': OWN })
  const text = () => readFileSync(join(folder, 'package.json'), 'utf8')
  swapIn(folder)
  t.notMatch(text(), 'scripts')
  swapBack(folder)
  t.equal(text(), OWN)
  t.notOk(existsSync(join(folder, '.package.own.json')))
  swapBack(folder)
  t.equal(text(), OWN)
})

t.test('a packing that broke off is put right by the next', async t => {
  const folder = t.testdir({ 'package.json': OWN })
  swapIn(folder)
  swapIn(folder)
  swapBack(folder)
  t.equal(readFileSync(join(folder, 'package.json'), 'utf8'), OWN)
})

t.test('a manifest that is none is left alone', async t => {
  const folder = t.testdir({ 'package.json': '{"name":"x"}' })
  t.throws(() => swapIn(folder))
  t.equal(readFileSync(join(folder, 'package.json'), 'utf8'), '{"name":"x"}')
})
