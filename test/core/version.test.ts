import { readFile } from 'node:fs/promises'
import t from 'tap'
import { VERSION } from '../../core/version.ts'

t.test('the version is the one of the package', async t => {
  const description: unknown = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8'))
  t.match(description, { version: VERSION })
  t.match(VERSION, /^\d+\.\d+\.\d+(?:-[\w.]+)?$/)
})
