import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { builtInRegistry } from '../../../core/catalogue/built-in.ts'
import { readCatalogue } from '../../../core/catalogue/read.ts'
import { ConfigurationError } from '../../../core/configuration/report.ts'
import { ACME, pricing } from './support.ts'

async function configuration(t: Test, text: string): Promise<string> {
  const file = join(t.testdir(), 'gateway.yaml')
  await writeFile(file, text)
  return file
}

t.test('without a file, what comes along', async t => {
  t.equal(await readCatalogue(undefined, {}), builtInRegistry())
})

t.test('a configuration that says nothing of it has what comes along, whatever else it lacks', async t => {
  const file = await configuration(t, 'version: 1\nroutes: not yet\ndigestKey: ${NOT_SET}\n')
  t.equal(await readCatalogue(file, {}), builtInRegistry())
})

t.test('reads the block, with what comes from outside, and the files that it names', async t => {
  const file = await configuration(t, 'catalogue: { builtIn: false, files: ["${FOLDER}/acme.yaml"] }\n')
  await mkdir(join(file, '../data'))
  await writeFile(join(file, '../data/acme.yaml'), ACME)
  const { providers } = await readCatalogue(file, { FOLDER: 'data' })
  t.strictSame(
    providers.map(({ id }) => id),
    ['acme']
  )
})

t.test('the block may stand in a file that the configuration includes', async t => {
  const file = await configuration(t, 'include: [prices.yaml]\n')
  const block = ACME.replace('version: 1\n', '').replaceAll(/^/gm, '  ')
  await writeFile(join(file, '../prices.yaml'), `catalogue:\n  builtIn: false\n${block}`)
  const { providers } = await readCatalogue(file, {})
  t.strictSame(
    providers.map(({ id }) => id),
    ['acme']
  )
  await writeFile(join(file, '../prices.yaml'), 'catalogue:\n  pricse: []\n')
  const problems = await readCatalogue(file, {}).catch((error: unknown) =>
    error instanceof ConfigurationError ? error.problems.map(({ file, line }) => `${file}:${line}`) : error
  )
  t.match(problems, [/prices\.yaml:2$/])
})

t.test('tells everything that is wrong with it, and nothing of the rest', async t => {
  const file = await configuration(
    t,
    'listen: nowhere\ncatalogue:\n  files: [acme.yaml]\n  pricse: []\n  builtIn: ${GONE}\n'
  )
  await writeFile(join(file, '../acme.yaml'), pricing('{ input: 1 }'))
  await t.rejects(readCatalogue(file, {}), ConfigurationError)
  const lines = await readCatalogue(file, {}).catch((error: unknown) =>
    error instanceof ConfigurationError ? error.problems.map(({ line, code }) => `${line} ${code}`) : error
  )
  t.strictSame(lines, ['4 TACIT_KEY_UNKNOWN', '5 TACIT_SECRET_MISSING'])
  await t.rejects(readCatalogue(join(file, '../gone.yaml'), {}), { code: 'TACIT_FILE_UNREADABLE' })
  await t.rejects(readCatalogue(await configuration(t, 'a: [\n'), {}), ConfigurationError)
})
