import t from 'tap'
import { builtInFiles, readDataFile } from '../../../core/catalogue/files.ts'
import { ACME } from './support.ts'

t.test('a file that is in order has data and no problems', async t => {
  const file = readDataFile('acme.yaml', ACME)
  t.equal(file.part?.data.providers[0]?.id, 'acme')
  t.strictSame(file.problems(), [])
})

t.test('a file that is not has no data, and problems with their lines', async t => {
  const file = readDataFile('acme.yaml', ACME.replace('credential:', 'credentials:'))
  t.equal(file.part, undefined)
  t.match(file.problems(), [{ code: 'TACIT_KEY_UNKNOWN', file: 'acme.yaml', line: 6, column: 5 }])
})

t.test('data cannot be changed once it was read', async t => {
  const file = readDataFile('acme.yaml', ACME)
  t.ok(Object.isFrozen(file.part?.data.providers[0]?.models[0]?.source))
})

t.test('hostile files are reported like any other', async t => {
  const bomb = `version: 1\na: &a [${'x,'.repeat(500)}]\nb: [${'*a,'.repeat(150)}]\n`
  for (const text of ['', '\0', 'a: !!js/function x', '[', bomb, `${'['.repeat(1000)}`, '__proto__: { version: 1 }']) {
    const file = readDataFile('hostile.yaml', text)
    t.equal(file.part, undefined, text.slice(0, 20))
    t.ok(file.problems().length > 0, text.slice(0, 20))
  }
})

t.test('reads what comes along, each file for one provider', async t => {
  const files = builtInFiles()
  t.ok(files.length > 30, `${files.length} files`)
  for (const file of files) {
    const owners = new Set([
      ...(file.part?.data.providers.map(({ id }) => id) ?? []),
      ...(file.part?.data.prices.map(({ provider }) => provider) ?? [])
    ])
    t.equal(owners.size, 1)
  }
})
