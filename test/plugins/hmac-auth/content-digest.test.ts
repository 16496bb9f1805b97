import { createHash } from 'node:crypto'
import t from 'tap'
import { isDigestOf } from '../../../plugins/hmac-auth/content-digest.ts'

const body = Buffer.from('{"hello": "world"}')
const digest = (bits: 256 | 512, of = body) => `sha-${bits}=:${createHash(`sha${bits}`).update(of).digest('base64')}:`

t.test('knows the digest of a body', t => {
  t.equal(isDigestOf(digest(256), body), true)
  t.equal(isDigestOf(digest(512), body), true)
  t.end()
})

t.test('takes nothing else for one', t => {
  const others = [undefined, '', 'sha-256=::', 'md5=:AAAA:', digest(256).replace(/:$/, '')]
  const wrong = [`${digest(256)}, ${digest(512)}`, digest(256, Buffer.from('x')), digest(256).replace('-256', '-512')]
  for (const header of [...others, ...wrong]) t.equal(isDigestOf(header, body), false, header ?? 'none')
  t.end()
})
