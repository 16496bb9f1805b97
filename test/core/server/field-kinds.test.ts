import t from 'tap'
import { isHopByHop, KIND, kindOf } from '../../../core/server/field-kinds.ts'
import { nameTraits } from '../../../core/server/syntax.ts'

const kindOfName = (name: string) => kindOf(name, nameTraits(name))

t.test('gives a bit of its own to each field of which there is one at most', async t => {
  const names = ['host', 'content-length', 'transfer-encoding', 'expect', 'content-encoding', 'content-type']
  const kinds = [...names, 'authorization', 'x-api-key', 'api-key', 'idempotency-key'].map(kindOfName)
  t.equal(new Set(kinds).size, kinds.length)
  for (const kind of kinds) {
    t.ok(kind >= KIND.host)
    t.equal(kind & (kind - 1), 0)
  }
})

t.test('drops fields of the connection', async t => {
  for (const name of ['keep-alive', 'te', 'trailer', 'upgrade', 'proxy-authorization', 'http2-settings']) {
    t.equal(kindOfName(name), KIND.dropped, name)
    t.equal(isHopByHop(name), true, name)
  }
  t.equal(isHopByHop('connection'), true)
  t.equal(isHopByHop('transfer-encoding'), true)
  t.equal(isHopByHop('content-length'), false)
})

t.test('sees through underscores, dots and hyphens', async t => {
  for (const name of [
    'content_length',
    'transfer_encoding',
    'transfer---encoding',
    'transfer.encoding',
    '-host',
    'x_api_key'
  ]) {
    t.equal(kindOfName(name), KIND.lookAlike, name)
  }
  for (const name of ['x_forwarded_for', 'x_original_url', 'x_tacit_consumer', 'remote_user', 'x-forwarded_anything']) {
    t.equal(kindOfName(name), KIND.dropped, name)
  }
  for (const name of ['my_custom_header', 'my.custom.header', '__proto__', "my!#$%&'*+^`|~", '-']) {
    t.equal(kindOfName(name), KIND.plain, name)
  }
})

t.test('is not fooled by the names of object members', async t => {
  for (const name of ['constructor', '__proto__', 'tostring', 'hasownproperty', '__definegetter__']) {
    t.equal(kindOfName(name), KIND.plain, name)
  }
})
