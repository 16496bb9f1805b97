import t from 'tap'
import { callerMisfit, contentMisfit, looksInto } from '../../../plugins/model-router/conditions.ts'
import type { Need } from '../../../plugins/model-router/needs.ts'

const consumer = { id: 'one', group: 'free', labels: { plan: 'trial' } }
const look = (inputTokens: number, ...needs: readonly Need[]) => ({ inputTokens, needs: new Set(needs) })

t.test('goes by who calls: every condition must fit', async t => {
  t.equal(callerMisfit(undefined, undefined), undefined)
  t.equal(callerMisfit({ consumers: ['one'], groups: ['free'], labels: { plan: 'trial' } }, consumer), undefined)
  t.ok(callerMisfit({ consumers: ['two'] }, consumer))
  t.ok(callerMisfit({ groups: ['paid'] }, consumer))
  t.ok(callerMisfit({ consumers: ['one'], labels: { plan: 'paid' } }, consumer))
  t.ok(callerMisfit({ consumers: ['one'] }, undefined), 'nobody known is nobody in particular')
  t.ok(callerMisfit({ groups: ['free'] }, { ...consumer, group: undefined }))
})

t.test('goes by the size of the input, both ends included', async t => {
  const when = { fromInputTokens: 10, toInputTokens: 20 }
  for (const [tokens, fits] of [
    [9, false],
    [10, true],
    [20, true],
    [21, false]
  ] as const) {
    t.equal(contentMisfit({ when }, look(tokens)) === undefined, fits, `${tokens}`)
  }
})

t.test('goes by what is needed, and by what a model lacks', async t => {
  t.equal(contentMisfit({ when: { needs: ['tools'] } }, look(1, 'tools', 'images')), undefined)
  t.ok(contentMisfit({ when: { needs: ['tools', 'audio'] } }, look(1, 'tools')))
  t.equal(contentMisfit({ lacks: ['images'] }, look(1, 'tools')), undefined)
  t.ok(contentMisfit({ lacks: ['audio', 'images'] }, look(1, 'images')))
})

t.test('knows which conditions can be judged without looking into the request', async t => {
  t.notOk(looksInto({}))
  t.notOk(looksInto({ when: { consumers: ['one'], labels: {} } }))
  for (const when of [{ fromInputTokens: 1 }, { toInputTokens: 1 }, { needs: ['tools' as const] }])
    t.ok(looksInto({ when }))
  t.ok(looksInto({ lacks: ['images'] }))
})
