import fc from 'fast-check'
import t from 'tap'
import { withParameter } from '../../../plugins/upstream-auth/query.ts'

const withKey = (target: string) => withParameter(target, 'key', 'key=s%26')

t.test('starts a query where there is none', async t => {
  t.equal(withKey('/v1beta/models'), '/v1beta/models?key=s%26')
  t.equal(withKey('/v1beta/models?'), '/v1beta/models?key=s%26')
})

t.test('goes to the end of a query and leaves the rest byte for byte', async t => {
  t.equal(withKey('/a%2Fb?alt=sse&q=%7e+x&&y'), '/a%2Fb?alt=sse&q=%7e+x&&y&key=s%26')
})

t.test('takes the place of what the client sent under that name', async t => {
  t.equal(withKey('/a?key=mine'), '/a?key=s%26')
  t.equal(withKey('/a?key=mine&alt=sse&key=again&key'), '/a?alt=sse&key=s%26')
})

t.test('sees through an encoded name', async t => {
  t.equal(withKey('/a?%6bey=mine&k%65%79=mine&alt=sse'), '/a?alt=sse&key=s%26')
  t.equal(withParameter('/a?a+b=1&a%20b=2&c=3', 'a b', 'p=1'), '/a?c=3&p=1')
})

t.test('leaves names that only look alike, and names that cannot be decoded', async t => {
  t.equal(withKey('/a?Key=1&keys=2&xkey=3&%zz=4&key%00=5'), '/a?Key=1&keys=2&xkey=3&%zz=4&key%00=5&key=s%26')
})

t.test('a server that decodes the query finds the secret once, and every other parameter as it was', async t => {
  const parameters = fc.array(fc.tuple(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' })))
  fc.assert(
    fc.property(parameters, pairs => {
      const sent = new URLSearchParams(pairs)
      const target = withKey(`/path?${sent}`)
      const got = new URLSearchParams(target.slice(target.indexOf('?')))
      t.strictSame(got.getAll('key'), ['s&'])
      got.delete('key')
      sent.delete('key')
      t.strictSame([...got], [...sent])
    })
  )
})
