import t from 'tap'
import { Substitutions } from '../../../core/configuration/secrets.ts'
import { validate } from '../../../core/configuration/validate.ts'
import { Webhook } from '../../../core/configuration/webhooks-schema.ts'

const SECRET = 'a secret of some length'
const check = (value: object) => validate(Webhook, value, [], new Substitutions())

t.test('needs a name, an address and a secret, and then gets every event', async t => {
  const { decoded } = check({ id: 'billing', url: 'https://hooks.example.com/a', secret: SECRET })
  t.match(decoded, { events: ['*'], allow: [], timeout: 10_000, attempts: 12 })
  t.equal(decoded?.secret.reveal(), SECRET)
  t.notMatch(JSON.stringify(decoded), /length/)
})

t.test('takes events by name, by plugin or all', async t => {
  const problems = (events: unknown) => check({ id: 'a', url: 'https://a', secret: SECRET, events }).findings.length
  for (const events of ['*', 'budget.*', 'budget.exceeded', ['a-b.c_d', 'e.*']])
    t.equal(problems(events), 0, `${events}`)
  for (const events of ['budget', 'budget.', '.x', 'Budget.x', 'a b.c', '**']) t.not(problems(events), 0, `${events}`)
})
