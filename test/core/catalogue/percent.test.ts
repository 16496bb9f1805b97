import t from 'tap'
import { Percent, parsePercent, WHOLE_SHARE } from '../../../core/catalogue/percent.ts'
import { Substitutions } from '../../../core/configuration/secrets.ts'
import { validate } from '../../../core/configuration/validate.ts'
import { Type } from '../../../core/plugin.ts'

t.test('shares are whole numbers of thousandths of a percent', async t => {
  t.equal(parsePercent('100%'), WHOLE_SHARE)
  t.equal(parsePercent('50%'), 50_000n)
  t.equal(parsePercent('12.5%'), 12_500n)
  t.equal(parsePercent('0.001%'), 1n)
  t.equal(parsePercent('250%'), 250_000n)
})

t.test('is no share: without a sign, below nothing, finer than is kept', async t => {
  for (const text of ['50', '-5%', '.5%', '5.%', '0.0001%', '12345%', '1e2%', ' 5%', ''])
    t.equal(parsePercent(text), undefined, text)
})

t.test('a schema of a share decodes to a whole number', async t => {
  const schema = Type.Object({ share: Percent('How much, such as 50%.') })
  const check = (share: string) => validate(schema, { share }, [], new Substitutions())
  t.strictSame(check('33.333%').decoded, { share: 33_333n })
  t.match(check('half').findings, [{ code: 'TACIT_UNIT_WRONG', message: '"share" must be a share.' }])
})
