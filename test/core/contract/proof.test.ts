import t from 'tap'
import { AddressSet } from '../../../core/contract/addresses.ts'
import type { Credential } from '../../../core/contract/exchange.ts'
import { CREDENTIAL, type Key, MODELS_CHECKED } from '../../../core/contract/keys.ts'
import { type GoodFor, holdsModel, lacksModelCheck, notGoodFor } from '../../../core/contract/proof.ts'

const proof = (goodFor?: GoodFor): Credential => ({ id: 'a', scopes: [], goodFor })
const judge = (goodFor: GoodFor | undefined) =>
  notGoodFor(proof(goodFor), { route: 'chat' }, { method: 'POST', clientIp: '10.1.2.3' })

t.test('is good for everything that is not limited', t => {
  t.equal(judge(undefined), undefined)
  t.equal(judge({}), undefined)
  t.equal(
    judge({ routes: ['chat'], methods: ['POST'], models: [], addresses: new AddressSet(['10.0.0.0/8']) }),
    undefined
  )
  t.end()
})

t.test('says what it is not good for', t => {
  t.equal(judge({ routes: ['files'] }), 'route_not_allowed')
  t.equal(judge({ routes: [] }), 'route_not_allowed')
  t.equal(judge({ methods: ['GET'] }), 'method_not_allowed_here')
  t.equal(judge({ addresses: new AddressSet(['192.0.2.0/24']) }), 'address_not_allowed')
  t.end()
})

t.test('holds models by their names, and by how they begin', t => {
  t.equal(holdsModel(['gpt-4.1', 'o4-*'], 'gpt-4.1'), true)
  t.equal(holdsModel(['gpt-4.1', 'o4-*'], 'o4-mini'), true)
  t.equal(holdsModel(['gpt-4.1', 'o4-*'], 'gpt-4.1-mini'), false)
  t.equal(holdsModel(['gpt-4.1', 'o4-*'], 'o4'), false)
  t.equal(holdsModel([], 'gpt-4.1'), false)
  t.end()
})

t.test('tells a request whose model nobody has looked at', t => {
  const holding = (values: ReadonlyMap<symbol, unknown>) => ({
    get: <Value>(key: Key<Value>) => values.get(key.symbol) as Value | undefined
  })
  const limited = proof({ models: ['gpt-4.1'] })
  t.equal(lacksModelCheck(holding(new Map([[CREDENTIAL.symbol, limited]]))), true)
  t.equal(
    lacksModelCheck(
      holding(
        new Map<symbol, unknown>([
          [CREDENTIAL.symbol, limited],
          [MODELS_CHECKED.symbol, true]
        ])
      )
    ),
    false
  )
  t.equal(lacksModelCheck(holding(new Map([[CREDENTIAL.symbol, proof()]]))), false)
  t.equal(lacksModelCheck(holding(new Map())), false)
  t.end()
})
