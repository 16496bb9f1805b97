import t from 'tap'
import {
  asksStreamByPath,
  asModel,
  MAX_MODEL_LENGTH,
  modelInPath,
  withModelInPath
} from '../../../../core/dialects/request/path.ts'

t.test('finds the model in the paths that name one', async t => {
  const paths = {
    '/v1beta/models/gemini-2.5-flash:generateContent': 'gemini-2.5-flash',
    '/v1/projects/p/locations/l/publishers/google/models/gemini-3-pro:streamGenerateContent?alt=sse': 'gemini-3-pro',
    '/v1beta/tunedModels/mine:generateContent': 'mine',
    '/v1beta/models/gemini%3AcountTokens': 'gemini',
    '/model/anthropic.claude-3-5-sonnet-20240620-v1%3A0/converse': 'anthropic.claude-3-5-sonnet-20240620-v1:0',
    '/model/us.amazon.nova-2-lite-v1:0/converse-stream': 'us.amazon.nova-2-lite-v1:0',
    '/openai/deployments/gpt-5-nano/chat/completions?api-version=1': 'gpt-5-nano'
  }
  for (const [path, model] of Object.entries(paths)) t.equal(modelInPath(path), model, path)
})

t.test('finds none where none is named', async t => {
  for (const path of [
    '/',
    '',
    '/v1/models',
    '/v1/models/gpt-5',
    '/model/a',
    '/models/chat/completions',
    '/model/%zz/invoke',
    '/models/:generateContent'
  ]) {
    t.equal(modelInPath(path), undefined, path)
  }
})

t.test('puts another model into a path, and leaves the rest of it alone', async t => {
  const paths: readonly [path: string, model: string, expected: string][] = [
    ['/v1beta/models/fast:generateContent?alt=sse', 'gemini-2.5', '/v1beta/models/gemini-2.5:generateContent?alt=sse'],
    ['/v1beta/models/fast%3AcountTokens', 'a/b', '/v1beta/models/a%2Fb:countTokens'],
    ['/model/fast/converse', 'anthropic.claude-v1:0', '/model/anthropic.claude-v1%3A0/converse'],
    ['/openai/deployments/fast/chat/completions?v=1', 'x', '/openai/deployments/x/chat/completions?v=1'],
    ['/v1/chat/completions?model=fast', 'x', '/v1/chat/completions?model=fast'],
    ['/v1/models/fast', 'x', '/v1/models/fast']
  ]
  for (const [path, model, expected] of paths) {
    t.equal(withModelInPath(path, model), expected, path)
    if (modelInPath(path) !== undefined) t.equal(modelInPath(expected), model, path)
  }
})

t.test('knows the paths that ask for streams', async t => {
  for (const path of [
    '/v1beta/models/m:streamGenerateContent?alt=sse',
    '/model/m/converse-stream',
    '/model/m/invoke-with-response-stream/',
    '/v1/models/m:STREAMrawPredict'
  ]) {
    t.ok(asksStreamByPath(path), path)
  }
  for (const path of ['/v1beta/models/m:generateContent', '/model/m/converse', '/v1/chat/completions', '/%zz'])
    t.notOk(asksStreamByPath(path), path)
})

t.test('takes the collections off a name, and nothing for a name that cannot be one', async t => {
  t.equal(asModel('models/gemini-2.5-flash'), 'gemini-2.5-flash')
  t.equal(asModel('projects/p/locations/l/publishers/google/models/gemini'), 'gemini')
  t.equal(asModel('my-models/x'), 'my-models/x')
  t.equal(asModel('meta-llama/Llama'), 'meta-llama/Llama')
  for (const other of ['', 'models/', 7, null, undefined, ['m'], 'x'.repeat(MAX_MODEL_LENGTH + 1)]) {
    t.equal(asModel(other), undefined, String(other).slice(0, 20))
  }
})
