import { execFileSync } from 'node:child_process'
import t from 'tap'
import { Client } from 'undici'
import { loadUndici } from '../../../core/upstream/load-undici.ts'

t.test('gives the package that others import', async t => {
  t.equal(loadUndici().Client, Client)
})

t.test('a gateway is loaded without it, and without the client of Redis', async t => {
  const gateway = new URL('../../../core/gateway.ts', import.meta.url).href
  const script = `await import(${JSON.stringify(gateway)})
    const { createRequire } = await import('node:module')
    const loaded = Object.keys(createRequire(import.meta.url).cache)
    console.log(JSON.stringify(['undici', 'ioredis'].filter(name => loaded.some(file => file.includes('/node_modules/' + name + '/')))))`
  const { NODE_OPTIONS: _, ...env } = process.env
  const told = execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8', env })
  t.strictSame(JSON.parse(told), [])
})
