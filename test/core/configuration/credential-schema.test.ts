import t from 'tap'
import { isGoodAt, proofOf, splitCredential, wholeCredential } from '../../../core/configuration/credential-schema.ts'
import { Type } from '../../../core/plugin.ts'

const own = Type.Object({ keyHash: Type.String({ unit: 'digest' }), scopes: Type.Array(Type.String()) })

t.test('adds what every credential may have, and leaves what the plugin names itself', t => {
  const whole = wholeCredential(own)
  t.equal(whole, wholeCredential(own), 'made once')
  t.equal(whole.properties.scopes, own.properties.scopes)
  t.strictSame(whole.required, ['keyHash', 'scopes'], 'nothing more has to be written')
  t.match(Object.keys(whole.properties), ['keyHash', 'scopes', 'id', 'prefix', 'labels', 'notBefore', 'expires'])
  t.end()
})

t.test('takes a credential apart', t => {
  t.strictSame(splitCredential(own, { keyHash: 'd', scopes: ['a'], id: 'main', expires: 7, settings: { x: {} } }), {
    own: { keyHash: 'd', scopes: ['a'] },
    parts: { id: 'main', expires: 7, scopes: ['a'] }
  })
  t.end()
})

t.test('shows plugins a frozen proof with nothing that was not said', t => {
  t.strictSame(proofOf('main', {}), { id: 'main', scopes: [] })
  const goodFor = { routes: ['chat'] }
  const proof = proofOf('main', { scopes: ['a'], labels: { b: 'c' }, goodFor, blocked: true, expires: 7 })
  t.strictSame(proof, { id: 'main', scopes: ['a'], labels: { b: 'c' }, goodFor })
  t.ok(Object.isFrozen(proof))
  t.end()
})

t.test('knows when a credential is good', t => {
  t.equal(isGoodAt({}, 5), true)
  t.strictSame(
    [4, 5].map(at => isGoodAt({ notBefore: 5 }, at)),
    [false, true]
  )
  t.strictSame(
    [4, 5].map(at => isGoodAt({ expires: 5 }, at)),
    [true, false]
  )
  t.strictSame(
    [true, false].map(blocked => isGoodAt({ blocked }, 5)),
    [false, true]
  )
  t.end()
})
