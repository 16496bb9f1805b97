import fc from 'fast-check'
import t from 'tap'
import {
  type ListedModel,
  listAskedFor,
  listBody,
  modelBody,
  pageBody,
  pageQueryOf
} from '../../../plugins/model-router/listing.ts'

const modelsOf = (count: number): readonly ListedModel[] =>
  Array.from({ length: count }, (_, index) => ({
    id: `m${index}`,
    owner: 'acme',
    contextTokens: 10,
    maxOutputTokens: undefined
  }))

t.test('tells the list from one model, and both from anything else', async t => {
  t.strictSame(listAskedFor('/v1/models'), { id: undefined })
  t.strictSame(listAskedFor('/v1/models/?limit=1'), { id: undefined })
  t.strictSame(listAskedFor('/v1/models/gpt-5?x=/models'), { id: 'gpt-5' })
  t.strictSame(listAskedFor('/v1/models/a%20b'), { id: 'a b' })
  t.strictSame(listAskedFor('/v1/models/meta/llama'), { id: 'meta/llama' })
  for (const path of ['/v1/chat', '/v1/models/m:generateContent', '/v1/modelsx', '/v1/models/%zz'])
    t.equal(listAskedFor(path), undefined, path)
})

t.test('reads a page as Anthropic’s clients ask for it', async t => {
  t.strictSame(pageQueryOf('/v1/models'), { limit: 20, after: undefined, before: undefined })
  t.strictSame(pageQueryOf('/v1/models?limit=1000&after_id=a%2Fb'), { limit: 1000, after: 'a/b', before: undefined })
  for (const limit of ['0', '1001', '-1', '1.5', '', 'x', '99999'])
    t.equal(pageQueryOf(`/v1/models?limit=${limit}`), undefined, limit)
})

t.test('pages put together are the list, forwards and backwards, whatever their size', async t => {
  interface Page {
    readonly data: readonly { readonly id: string }[]
    readonly has_more: boolean
    readonly first_id: string | null
    readonly last_id: string | null
  }
  const page = (models: readonly ListedModel[], query: Parameters<typeof pageBody>[1]) =>
    pageBody(models, query) as Page
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 1, max: 30 }), (count, limit) => {
      const models = modelsOf(count)
      const forwards: string[] = []
      let after: string | undefined
      for (let isMore = true; isMore; ) {
        const { data, has_more, last_id } = page(models, { limit, after, before: undefined })
        forwards.push(...data.map(({ id }) => id))
        after = last_id ?? undefined
        isMore = has_more
      }
      const backwards: string[] = []
      let before = models.at(-1)?.id
      for (let isMore = true; isMore; ) {
        const { data, has_more, first_id } = page(models, { limit, after: undefined, before })
        backwards.unshift(...data.map(({ id }) => id))
        before = first_id ?? undefined
        isMore = has_more
      }
      const ids = models.map(({ id }) => id)
      return forwards.join() === ids.join() && backwards.join() === ids.slice(0, -1).join()
    })
  )
  t.equal(pageBody(modelsOf(3), { limit: 1, after: 'x', before: undefined }), undefined)
  t.equal(pageBody(modelsOf(3), { limit: 1, after: undefined, before: 'x' }), undefined)
  t.match(page([], { limit: 1, after: undefined, before: undefined }), {
    data: [],
    has_more: false,
    first_id: null,
    last_id: null
  })
})

t.test('writes a model as each API has it, and says what is not known', async t => {
  const [model] = modelsOf(1)
  if (model === undefined) return
  t.strictSame(modelBody('openai', model), { id: 'm0', object: 'model', created: 0, owned_by: 'acme' })
  t.match(modelBody('anthropic', model), {
    id: 'm0',
    max_input_tokens: 10,
    max_tokens: null,
    created_at: '1970-01-01T00:00:00Z'
  })
  t.strictSame(listBody('gemini', [model]), {
    models: [
      {
        name: 'models/m0',
        displayName: 'm0',
        inputTokenLimit: 10,
        supportedGenerationMethods: ['generateContent', 'streamGenerateContent']
      }
    ]
  })
})
