import t from 'tap'
import { placesIn } from '../../../support/text-places.ts'

const PARTS = [
  { text: 'a' },
  { text: 'b', thought: true, thoughtSignature: 'S' },
  { inlineData: { mimeType: 'image/png', data: 'AA' } },
  { fileData: { mimeType: 'application/pdf', fileUri: 'gs://a' } },
  { functionCall: { id: 'c', name: 'f', args: { who: 'Ann' } } },
  { functionResponse: { name: 'f', response: { result: 'ok' } } },
  { executableCode: { language: 'PYTHON', code: 'x' } },
  { codeExecutionResult: { outcome: 'OUTCOME_OK', output: 'y' } }
]

t.test('finds the text of a request in both spellings of its names', async t => {
  const request = {
    systemInstruction: { role: 'user', parts: [{ text: 's' }] },
    contents: [{ role: 'user', parts: PARTS }],
    generationConfig: { stopSequences: ['END'], responseSchema: { description: 'd' } },
    tools: [{ functionDeclarations: [{ name: 'f', description: 'd', parameters: { type: 'OBJECT' } }] }],
    labels: { team: 'a' }
  }
  const places = [
    'systemInstruction.parts[0].text: text system',
    'contents[0].parts[0].text: text user',
    'contents[0].parts[1].text: text user',
    'contents[0].parts[1].thoughtSignature: opaque user signature',
    'contents[0].parts[2].inlineData.data: opaque user file',
    'contents[0].parts[3].fileData.fileUri: opaque user file',
    'contents[0].parts[4].functionCall.args.who: text user name',
    'contents[0].parts[4].functionCall.args.who: text user',
    'contents[0].parts[5].functionResponse.response.result: text tool name',
    'contents[0].parts[5].functionResponse.response.result: text tool',
    'contents[0].parts[6].executableCode.code: text user',
    'contents[0].parts[7].codeExecutionResult.output: text tool',
    'generationConfig.stopSequences[0]: text',
    'generationConfig.responseSchema.description: text definition',
    'tools[0].functionDeclarations[0].description: text definition',
    'labels.team: text name',
    'labels.team: text'
  ]
  t.strictSame(placesIn('gemini', 'request', request), places)
  const snake = (text: string) => text.replace(/[a-z][A-Z]/g, ([low = '', high = '']) => `${low}_${high.toLowerCase()}`)
  const inSnakeCase = JSON.parse(JSON.stringify(request).replace(/"(\w+)":/g, name => snake(name)))
  t.strictSame(placesIn('gemini', 'request', inSnakeCase), places.map(snake))
})

t.test('finds the text of counts and of several requests at once', async t => {
  const contents = [{ role: 'user', parts: [{ text: 'a' }] }]
  t.strictSame(placesIn('gemini', 'request', { generateContentRequest: { contents } }), [
    'generateContentRequest.contents[0].parts[0].text: text user'
  ])
  t.strictSame(placesIn('gemini', 'request', { requests: [{ content: { parts: [{ text: 'a' }] }, title: 't' }] }), [
    'requests[0].content.parts[0].text: text',
    'requests[0].title: text'
  ])
})

t.test('finds the text of an answer with grounding, citations and probabilities', async t => {
  const candidate = {
    content: { role: 'model', parts: [{ text: 'a' }] },
    finishReason: 'STOP',
    citationMetadata: { citationSources: [{ uri: 'https://a.example', license: 'MIT' }] },
    groundingMetadata: {
      webSearchQueries: ['q'],
      groundingChunks: [{ web: { uri: 'https://a.example', title: 'A' } }, { retrievedContext: { text: 't' } }],
      groundingSupports: [{ segment: { text: 's' } }]
    },
    logprobsResult: {
      chosenCandidates: [{ token: 'a', logProbability: -1 }],
      topCandidates: [{ candidates: [{ token: 'b' }] }]
    }
  }
  t.strictSame(
    placesIn('gemini', 'response', { candidates: [candidate], promptFeedback: { blockReasonMessage: 'm' } }),
    [
      'candidates[0].content.parts[0].text: text assistant',
      'candidates[0].citationMetadata.citationSources[0].uri: text assistant link',
      'candidates[0].citationMetadata.citationSources[0].license: text assistant',
      'candidates[0].groundingMetadata.webSearchQueries[0]: text assistant',
      'candidates[0].groundingMetadata.groundingChunks[0].web.uri: text assistant link',
      'candidates[0].groundingMetadata.groundingChunks[0].web.title: text assistant',
      'candidates[0].groundingMetadata.groundingChunks[1].retrievedContext.text: text assistant',
      'candidates[0].groundingMetadata.groundingSupports[0].segment.text: text assistant',
      'candidates[0].logprobsResult.chosenCandidates[0].token: text assistant tokens',
      'candidates[0].logprobsResult.topCandidates[0].candidates[0].token: text assistant tokens',
      'promptFeedback.blockReasonMessage: text assistant'
    ]
  )
})

t.test('finds the pieces of a stream, as events and as an array', async t => {
  const chunk = { candidates: [{ content: { role: 'model', parts: [{ text: 'a' }] } }] }
  t.strictSame(placesIn('gemini', 'event', chunk), ['candidates[0].content.parts[0].text: text assistant piece'])
  t.strictSame(placesIn('gemini', 'response', [chunk]), [
    '[0].candidates[0].content.parts[0].text: text assistant piece'
  ])
})
