import t from 'tap'
import { CONVERSE_READING, INVOKE_READING } from '../../../core/dialects/bedrock.ts'

t.test('commits to the pieces of Converse that say something, by the kind of their message', async t => {
  const commits = (kind: string, body: unknown) => CONVERSE_READING.commits(kind, JSON.stringify(body))
  t.notOk(commits('messageStart', { role: 'assistant' }))
  t.notOk(commits('contentBlockStart', { contentBlockIndex: 0, start: {} }))
  t.ok(commits('contentBlockStart', { start: { toolUse: { toolUseId: 't', name: 'f' } } }))
  t.notOk(commits('contentBlockDelta', { delta: { text: '' } }))
  t.notOk(commits('contentBlockDelta', { delta: { toolUse: { input: '' } } }))
  t.ok(commits('contentBlockDelta', { delta: { text: 'a' } }))
  t.ok(commits('contentBlockDelta', { delta: { reasoningContent: { text: 'a' } } }))
  t.notOk(commits('contentBlockStop', { contentBlockIndex: 0 }))
  t.ok(commits('messageStop', { stopReason: 'end_turn' }))
  t.ok(commits('somethingNew', {}))
})

t.test('commits to the events of InvokeModel in the words of each maker', async t => {
  const commits = (event: unknown) => INVOKE_READING.commits('chunk', JSON.stringify(event))
  t.notOk(commits({ type: 'message_start', message: {} }))
  t.ok(commits({ type: 'content_block_delta', delta: { type: 'text_delta', text: 'a' } }))
  t.notOk(commits({ messageStart: { role: 'assistant' } }))
  t.notOk(commits({ contentBlockDelta: { delta: { text: '' } } }))
  t.ok(commits({ contentBlockDelta: { delta: { text: 'a' } } }))
  t.notOk(commits({ choices: [{ delta: { role: 'assistant' } }] }))
  t.notOk(commits({ generation: '', stop_reason: null }))
  t.ok(commits({ generation: 'a' }))
  t.ok(commits({ outputText: '', completionReason: 'FINISH' }))
  t.ok(INVOKE_READING.commits('chunk', 'no JSON'))
})

t.test('finds exceptions in streams with their statuses, and errors in bodies', async t => {
  const { streamError, bodyError } = CONVERSE_READING
  t.strictSame(streamError('throttlingException', '{"message":"no"}'), { status: 429 })
  t.strictSame(streamError('validationException', 'no JSON'), { status: 400 })
  t.strictSame(streamError('modelTimeoutException', '{}'), { status: 408 })
  t.strictSame(streamError('internalServerException', '{}'), { status: 500 })
  t.strictSame(streamError('serviceUnavailableException', '{}'), { status: 503 })
  t.strictSame(streamError('modelStreamErrorException', '{"originalStatusCode":502}'), { status: 502 })
  t.strictSame(streamError('modelStreamErrorException', '{}'), { status: 424 })
  t.strictSame(streamError('newException', '{}'), { status: undefined })
  t.equal(streamError('contentBlockDelta', '{"message":"no"}'), undefined)
  t.strictSame(bodyError({ message: 'no' }), { status: undefined })
  t.strictSame(bodyError({ Message: 'no', __type: 'x' }), { status: undefined })
  t.equal(bodyError({ output: { message: {} }, message: 'yes' }), undefined)
})
