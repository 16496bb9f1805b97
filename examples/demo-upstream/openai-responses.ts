/**
 * OpenAI's responses API: request in, response out. Its stream of events is
 * next door. Pure. Nothing is stored, so no response can be continued by its id.
 */
import { type Question, type Thought, think, tokenize } from './answer.ts'
import {
  BadRequest,
  type Fields,
  flag,
  listOfFields,
  optionalCount,
  optionalFields,
  optionalText,
  text
} from './fields.ts'
import { findModel } from './models.ts'
import { responseEvents } from './openai-responses-events.ts'
import { openaiToolChoice } from './openai-tools.ts'
import { CREATED_AT_S, digest, jsonReply, type Reply } from './reply.ts'
import { readScript, type Script } from './script.ts'

/** A request that was understood, with all that its answer needs. */
export interface ResponsesRequest {
  readonly model: string
  readonly question: Question
  readonly script: Script
  readonly stream: boolean
  /** What the response repeats of the request. */
  readonly echoed: Fields
}

/** Reads `POST /v1/responses`. @throws BadRequest */
export function readResponsesRequest(body: Fields): ResponsesRequest {
  const model = text(body, 'model')
  const { reasons } = findModel(model, 'text')
  const previous = optionalText(body, 'previous_response_id')
  if (previous !== undefined) {
    const message = `Previous response with id '${previous}' not found: the demo upstream stores nothing.`
    throw new BadRequest(message, 'previous_response_id', 400, 'previous_response_not_found')
  }
  const instructions = optionalText(body, 'instructions')
  const input = readInput(body.input)
  const functions = listOfFields(body, 'tools')
  const tools = functions.map((tool, index) => {
    if (tool.type === 'function') {
      return { name: text(tool, 'name', `tools[${index}].name`), parameters: tool.parameters }
    }
    throw new BadRequest(`Only function tools are known here.`, `tools[${index}].type`, 400, 'invalid_value')
  })
  const reasoning = optionalFields(body, 'reasoning')
  const format = optionalFields(optionalFields(body, 'text') ?? {}, 'format', 'text.format')
  const outputLimit = optionalCount(body, 'max_output_tokens', 1)
  const parallelTools = flag(body, 'parallel_tool_calls', true)

  return {
    model,
    script: readScript(model, input.prompt),
    stream: flag(body, 'stream', false),
    echoed: {
      instructions: instructions ?? null,
      max_output_tokens: outputLimit ?? null,
      metadata: optionalFields(body, 'metadata') ?? {},
      parallel_tool_calls: parallelTools,
      previous_response_id: null,
      reasoning: { effort: reasoning?.effort ?? null, summary: reasoning?.summary ?? null },
      store: false,
      temperature: body.temperature ?? 1,
      text: { format: format ?? { type: 'text' } },
      tool_choice: body.tool_choice ?? 'auto',
      tools: functions,
      top_p: body.top_p ?? 1,
      truncation: 'disabled'
    },
    question: {
      prompt: input.prompt,
      toolResult: input.toolResult,
      inputTokens: input.tokens + tokenize(instructions ?? '').length,
      outputLimit,
      stop: [],
      tools,
      toolChoice: openaiToolChoice(body.tool_choice, tools, choice => choice.name),
      parallelTools,
      reasons: reasons || (reasoning !== undefined && reasoning.effort !== 'none'),
      schema: schemaOf(format)
    }
  }
}

/** Answers a request; `id` is a digest of it. */
export function answerResponses(request: ResponsesRequest, id: string): Reply {
  const thought = think(request.question, request.script)
  const output = outputItems(thought, id)
  const incomplete = thought.ending === 'length'
  const started = {
    id: `resp_${id.slice(0, 32)}`,
    object: 'response',
    created_at: CREATED_AT_S,
    status: 'in_progress',
    background: false,
    error: null,
    incomplete_details: null,
    model: request.model,
    output: [],
    service_tier: 'default',
    ...request.echoed,
    usage: null
  }
  const finished = {
    ...started,
    status: incomplete ? 'incomplete' : 'completed',
    incomplete_details: incomplete ? { reason: 'max_output_tokens' } : null,
    output,
    usage: responsesUsage(thought)
  }
  if (!request.stream) return jsonReply(200, finished)
  return {
    headers: { 'content-type': 'text/event-stream; charset=utf-8' },
    events: responseEvents(started, finished, output, thought),
    errorEvent(index) {
      const message = 'The demo upstream failed on request.'
      const error = { type: 'error', code: 'server_error', message, param: null, sequence_number: index }
      return `event: error\ndata: ${JSON.stringify(error)}\n\n`
    }
  }
}

/** Items of the output, as they stand when the response is finished. */
function outputItems(thought: Thought, id: string): readonly Fields[] {
  const items: Fields[] = []
  if (thought.reasoning.length > 0) {
    const summary = [{ type: 'summary_text', text: thought.reasoning.join('') }]
    items.push({ id: itemId('rs', id, 0), type: 'reasoning', summary })
  }
  if (thought.calls.length === 0) {
    items.push({
      id: itemId('msg', id, 0),
      type: 'message',
      status: thought.ending === 'length' ? 'incomplete' : 'completed',
      role: 'assistant',
      content: [{ type: 'output_text', annotations: [], logprobs: [], text: thought.pieces.join('') }]
    })
  }
  for (const [index, call] of thought.calls.entries()) {
    items.push({
      id: itemId('fc', id, index),
      type: 'function_call',
      status: 'completed',
      arguments: call.argumentsText,
      call_id: itemId('call', id, index),
      name: call.name
    })
  }
  return items
}

function itemId(kind: string, id: string, index: number): string {
  return `${kind}_${digest(id, kind, String(index)).slice(0, 32)}`
}

function responsesUsage({ usage }: Thought): Fields {
  return {
    input_tokens: usage.inputTokens,
    input_tokens_details: { cached_tokens: usage.cachedTokens, cache_write_tokens: 0 },
    output_tokens: usage.outputTokens,
    output_tokens_details: { reasoning_tokens: usage.reasoningTokens },
    total_tokens: usage.inputTokens + usage.outputTokens
  }
}

interface Input {
  readonly prompt: string
  readonly toolResult: string | undefined
  readonly tokens: number
}

/** A string, or a list of messages, calls, results of calls and reasoning. */
function readInput(input: unknown): Input {
  if (input === undefined || input === null || input === '') {
    throw new BadRequest("'input' is missing.", 'input', 400, 'missing_required_parameter')
  }
  if (typeof input === 'string') return { prompt: input, toolResult: undefined, tokens: 3 + tokenize(input).length }
  let prompt = ''
  let toolResult: string | undefined
  let tokens = 0
  for (const [index, item] of listOfFields({ input }, 'input').entries()) {
    const path = `input[${index}]`
    const type = optionalText(item, 'type', `${path}.type`) ?? 'message'
    const written = textOfItem(item, type, path)
    tokens += 3 + tokenize(written).length
    if (type === 'message' && item.role === 'user') prompt = written
    toolResult = type === 'function_call_output' ? written : undefined
  }
  return { prompt, toolResult, tokens }
}

function textOfItem(item: Fields, type: string, path: string): string {
  if (type === 'function_call') return text(item, 'arguments', `${path}.arguments`)
  if (type === 'reasoning') return ''
  const [name, content] = type === 'function_call_output' ? ['output', item.output] : ['content', item.content]
  if (typeof content === 'string') return content
  if (content === undefined) {
    throw new BadRequest(`'${path}.${name}' is missing.`, `${path}.${name}`, 400, 'missing_required_parameter')
  }
  const parts = listOfFields({ content }, 'content', `${path}.${name}`)
  return parts.map(part => (typeof part.text === 'string' ? part.text : '')).join(' ')
}

function schemaOf(format: Fields | undefined): unknown {
  if (format?.type === 'json_object') return { type: 'object', properties: { answer: { type: 'string' } } }
  return format?.type === 'json_schema' ? (format.schema ?? {}) : undefined
}
