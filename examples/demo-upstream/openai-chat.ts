/**
 * OpenAI's chat completions: request in, response or stream out. Pure.
 */
import { type Call, type Question, type Thought, think, tokenize } from './answer.ts'
import {
  BadRequest,
  type Fields,
  flag,
  isFields,
  listOfFields,
  optionalCount,
  optionalFields,
  optionalText,
  text,
  texts
} from './fields.ts'
import { findModel } from './models.ts'
import { openaiToolChoice } from './openai-tools.ts'
import { CREATED_AT_S, digest, jsonReply, type Reply } from './reply.ts'
import { readScript, type Script } from './script.ts'

const ROLES: readonly string[] = ['system', 'developer', 'user', 'assistant', 'tool', 'function']
/** What a picture, a sound or a file counts as. */
const ATTACHMENT_TOKENS = 85
const MOST_CHOICES = 8

/** A request that was understood, with all that its answer needs. */
export interface ChatRequest {
  readonly model: string
  readonly question: Question
  readonly script: Script
  readonly choices: number
  readonly stream: boolean
  readonly includeUsage: boolean
}

/** Reads `POST /v1/chat/completions`. @throws BadRequest */
export function readChatRequest(body: Fields): ChatRequest {
  const model = text(body, 'model')
  const { reasons } = findModel(model, 'text')
  const messages = listOfFields(body, 'messages')
  if (messages.length === 0) throw new BadRequest("'messages' must not be empty.", 'messages', 400, 'empty_array')

  let inputTokens = 0
  let prompt = ''
  let toolResult: string | undefined
  for (const [index, message] of messages.entries()) {
    const path = `messages[${index}]`
    const role = text(message, 'role', `${path}.role`)
    if (!ROLES.includes(role)) throw new BadRequest(`'${role}' is not a role.`, `${path}.role`, 400, 'invalid_value')
    const content = readContent(message.content, `${path}.content`)
    inputTokens += 3 + tokenize(content.text).length + content.attachments * ATTACHMENT_TOKENS
    if (role === 'user') prompt = content.text
    toolResult = role === 'tool' ? content.text : undefined
  }

  const stream = flag(body, 'stream', false)
  const options = optionalFields(body, 'stream_options')
  if (options !== undefined && !stream) {
    throw new BadRequest("'stream_options' is for streams only.", 'stream_options', 400, 'invalid_value')
  }
  const tools = listOfFields(body, 'tools').map((tool, index) => {
    const definition = optionalFields(tool, 'function', `tools[${index}].function`) ?? {}
    return { name: text(definition, 'name', `tools[${index}].function.name`), parameters: definition.parameters }
  })

  return {
    model,
    script: readScript(model, prompt),
    choices: optionalCount(body, 'n', 1, MOST_CHOICES) ?? 1,
    stream,
    includeUsage: options !== undefined && flag(options, 'include_usage', false),
    question: {
      prompt,
      toolResult,
      inputTokens,
      outputLimit: optionalCount(body, 'max_completion_tokens', 1) ?? optionalCount(body, 'max_tokens', 1),
      stop: texts(body, 'stop'),
      tools,
      toolChoice: openaiToolChoice(body.tool_choice, tools, choice => optionalFields(choice, 'function')?.name),
      parallelTools: flag(body, 'parallel_tool_calls', true),
      reasons: reasons || !['none', undefined].includes(optionalText(body, 'reasoning_effort')),
      schema: chatSchema(body)
    }
  }
}

/** Answers a request; `id` is a digest of it. */
export function answerChat(request: ChatRequest, id: string): Reply {
  const thoughts = Array.from({ length: request.choices }, (_, index) => think(request.question, request.script, index))
  const common = { id: `chatcmpl-${id.slice(0, 24)}`, created: CREATED_AT_S, model: request.model }
  const usage = chatUsage(thoughts)
  if (!request.stream) {
    const choices = thoughts.map((thought, index) => ({
      index,
      message: wholeMessage(thought, id, index),
      logprobs: null,
      finish_reason: finishReason(thought)
    }))
    return jsonReply(200, {
      ...common,
      object: 'chat.completion',
      choices,
      usage,
      service_tier: 'default',
      system_fingerprint: 'fp_demo'
    })
  }

  // While a client waits for usage, every chunk before it says that it is not there yet.
  const pending = request.includeUsage ? { usage: null } : {}
  const chunk = (index: number, delta: Fields, finish: string | null): string =>
    event({
      ...common,
      object: 'chat.completion.chunk',
      service_tier: 'default',
      system_fingerprint: 'fp_demo',
      choices: [{ index, delta, logprobs: null, finish_reason: finish }],
      ...pending
    })
  const lines = thoughts.map((thought, index) => deltasOf(thought, id, index))
  const events: string[] = []
  const longest = Math.max(...lines.map(deltas => deltas.length))
  for (let step = 0; step < longest; step++) {
    for (const [index, deltas] of lines.entries()) {
      const delta = deltas[step]
      if (delta !== undefined) events.push(chunk(index, delta, null))
    }
  }
  for (const [index, thought] of thoughts.entries()) events.push(chunk(index, {}, finishReason(thought)))
  if (request.includeUsage) {
    events.push(
      event({
        ...common,
        object: 'chat.completion.chunk',
        service_tier: 'default',
        system_fingerprint: 'fp_demo',
        choices: [],
        usage
      })
    )
  }
  events.push('data: [DONE]\n\n')
  const error = { message: 'The demo upstream failed on request.', type: 'server_error', param: null, code: null }
  return { headers: { 'content-type': 'text/event-stream; charset=utf-8' }, events, errorEvent: () => event({ error }) }
}

function event(value: unknown): string {
  return `data: ${JSON.stringify(value)}\n\n`
}

function readContent(content: unknown, path: string): { text: string; attachments: number } {
  if (content === undefined || content === null) return { text: '', attachments: 0 }
  if (typeof content === 'string') return { text: content, attachments: 0 }
  const parts = listOfFields({ content }, 'content', path)
  const written = parts.filter(part => typeof part.text === 'string')
  return { text: written.map(part => String(part.text)).join(' '), attachments: parts.length - written.length }
}

function chatSchema(body: Fields): unknown {
  const format = optionalFields(body, 'response_format')
  if (format?.type === 'json_object') return { type: 'object', properties: { answer: { type: 'string' } } }
  if (format?.type !== 'json_schema') return undefined
  return isFields(format.json_schema) ? (format.json_schema.schema ?? {}) : {}
}

function wholeMessage(thought: Thought, id: string, choice: number): Fields {
  const spoken = thought.pieces.join('')
  const calls = thought.calls.map((call, index) => wholeCall(call, id, choice, index))
  return {
    role: 'assistant',
    content: calls.length > 0 ? null : spoken,
    refusal: null,
    annotations: [],
    ...(thought.reasoning.length > 0 ? { reasoning_content: thought.reasoning.join('') } : {}),
    ...(calls.length > 0 ? { tool_calls: calls } : {})
  }
}

function wholeCall(call: Call, id: string, choice: number, index: number): Fields {
  return {
    id: callId(id, choice, index),
    type: 'function',
    function: { name: call.name, arguments: call.argumentsText }
  }
}

/** The deltas of one choice: first who speaks, then reasoning, then text, then calls. */
function deltasOf(thought: Thought, id: string, choice: number): readonly Fields[] {
  const deltas: Fields[] = [{ role: 'assistant', content: thought.calls.length > 0 ? null : '', refusal: null }]
  for (const piece of thought.reasoning) deltas.push({ reasoning_content: piece })
  for (const piece of thought.pieces) deltas.push({ content: piece })
  for (const [index, call] of thought.calls.entries()) {
    const named = { name: call.name, arguments: '' }
    deltas.push({ tool_calls: [{ index, id: callId(id, choice, index), type: 'function', function: named }] })
    for (const piece of call.pieces) deltas.push({ tool_calls: [{ index, function: { arguments: piece } }] })
  }
  return deltas
}

function callId(id: string, choice: number, index: number): string {
  return `call_${digest(id, String(choice), String(index)).slice(0, 24)}`
}

function finishReason({ ending }: Thought): string {
  if (ending === 'tools') return 'tool_calls'
  return ending === 'length' ? 'length' : 'stop'
}

/** One input, and the output of all choices (as OpenAI counts `n`). */
function chatUsage(thoughts: readonly Thought[]): Fields {
  const sum = (figure: 'outputTokens' | 'reasoningTokens') =>
    thoughts.reduce((total, thought) => total + thought.usage[figure], 0)
  const input = thoughts[0]?.usage.inputTokens ?? 0
  const output = sum('outputTokens')
  return {
    prompt_tokens: input,
    completion_tokens: output,
    total_tokens: input + output,
    prompt_tokens_details: { cached_tokens: thoughts[0]?.usage.cachedTokens ?? 0, audio_tokens: 0 },
    completion_tokens_details: {
      reasoning_tokens: sum('reasoningTokens'),
      audio_tokens: 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0
    }
  }
}
