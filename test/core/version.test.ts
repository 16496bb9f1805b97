import { readFileSync } from 'node:fs'
import t from 'tap'
import { VERSION } from '../../core/version.ts'

t.test('is the version of the package', async t => {
  const description: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
  t.match(description, { version: VERSION })
  t.match(VERSION, /^\d+\.\d+\.\d+/)
})
