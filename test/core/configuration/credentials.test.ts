import t from 'tap'
import { credentialDigest, credentialName, digestProperty } from '../../../core/configuration/credentials.ts'
import { Digest, Type } from '../../../core/plugin.ts'

const SCHEMA = Type.Object({ id: Type.Optional(Type.String()), keyHash: Digest() })

t.test('finds the property that is a digest, whatever it is called', async t => {
  t.equal(digestProperty(SCHEMA), 'keyHash')
  t.equal(digestProperty(Type.Object({ hash: Type.Optional(Digest({ description: 'd' })) })), 'hash')
  t.equal(digestProperty(Type.Object({ keyHash: Type.String() })), undefined)
  t.equal(digestProperty(Type.Object({})), undefined)
})

t.test('reads the digest of a credential', async t => {
  t.equal(credentialDigest(SCHEMA, { keyHash: 'hmac-sha256:x' }), 'hmac-sha256:x')
  for (const credential of [{}, { keyHash: 1 }, { keyHash: '' }, null, undefined, 'text', []]) {
    t.equal(credentialDigest(SCHEMA, credential), undefined)
  }
  t.equal(credentialDigest(Type.Object({}), { keyHash: 'x' }), undefined)
})

t.test('reads only properties of the credential itself', async t => {
  t.equal(credentialDigest(SCHEMA, Object.create({ keyHash: 'x' })), undefined)
  t.equal(credentialName('team', 'key-auth', 0, Object.create({ id: 'x' })), 'team/key-auth/1')
})

t.test('calls a credential by its own id, or by its place', async t => {
  t.equal(credentialName('team', 'key-auth', 0, { id: 'laptop' }), 'laptop')
  t.equal(credentialName('team', 'key-auth', 1, {}), 'team/key-auth/2')
  t.equal(credentialName('team', 'key-auth', 1, { id: '' }), 'team/key-auth/2')
  t.equal(credentialName('team', 'key-auth', 1, undefined), 'team/key-auth/2')
})
