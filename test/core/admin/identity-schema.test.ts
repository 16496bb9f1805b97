import { Value } from '@sinclair/typebox/value'
import t from 'tap'
import {
  ConsumerView,
  consumerView,
  fileConsumerView,
  GroupView,
  groupView,
  KeyView,
  keyView
} from '../../../core/admin/identity-schema.ts'
import { consumerRow, credentialRow, groupRow } from '../identity/support.ts'

t.test('shows rows as the endpoints describe them, without a digest', t => {
  const fields = { keyHash: 'x', prefix: 'tacit_ab', scopes: ['a'], labels: { b: 'c' }, settings: { limit: {} } }
  const key = keyView(credentialRow('k', 'team', 'secret', { credential: fields, expiresAt: 7 }))
  t.ok(Value.Check(KeyView, key))
  t.match(key, {
    prefix: 'tacit_ab',
    scopes: ['a'],
    labels: { b: 'c' },
    goodFor: null,
    expiresAt: 7,
    notBeforeAt: null
  })
  t.notMatch(JSON.stringify(key), /keyHash|hmac/)
  t.ok(Value.Check(KeyView, keyView(credentialRow('k', 'team', 'secret', { credential: { labels: 7, prefix: 7 } }))))
  t.ok(Value.Check(ConsumerView, consumerView(consumerRow('a', { group: 'g' }))))
  t.ok(Value.Check(ConsumerView, fileConsumerView({ id: 'a', group: undefined, labels: {} })))
  t.ok(Value.Check(GroupView, groupView(groupRow('g'))))
  t.end()
})
