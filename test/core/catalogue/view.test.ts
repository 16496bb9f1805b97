import t from 'tap'
import { RegistryView } from '../../../core/catalogue/view.ts'
import { ACME, at, pricing, registryOf, usageOf } from './support.ts'

t.test('asks for a registry only when it is asked itself', async t => {
  let asked = 0
  const view = new RegistryView(() => {
    asked++
    return registryOf(ACME)
  })
  t.equal(asked, 0)
  t.equal(view.provider('acme')?.name, 'Acme')
  t.equal(asked, 1)
})

t.test('shows models and prices of the registry in force, and of no other', async t => {
  let current = registryOf(ACME)
  const view = new RegistryView(() => current)
  const question = { provider: 'acme', model: 'big', usage: usageOf({ inputTokens: 1_000_000 }), at: at('2026-06-01') }
  t.match(view.cost(question), { known: false, missing: 'price' })
  t.equal(view.near('acme', 'bigg'), 'big')
  current = registryOf(
    pricing('{ input: 2.00 USD }').replaceAll('big,', 'large,').replaceAll('model: big', 'model: large')
  )
  t.strictSame(view.model('acme', 'big'), { known: false, missing: 'model' })
  t.match(view.cost(question), { known: false, missing: 'model' })
  t.match(view.cost({ ...question, model: 'large' }), { known: true, amountNano: 2_000_000_000n })
  t.equal(view.providers, current.providers)
})
