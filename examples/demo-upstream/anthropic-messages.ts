/**
 * Anthropic's messages: request in, message or stream out. Pure.
 */
import { type Question, type Thought, type Tool, think, tokenize } from './answer.ts'
import {
  BadRequest,
  type Fields,
  flag,
  listOfFields,
  optionalCount,
  optionalFields,
  optionalText,
  text,
  texts
} from './fields.ts'
import { findModel } from './models.ts'
import { digest, jsonReply, type Reply } from './reply.ts'
import { readScript, type Script } from './script.ts'

const LEAST_THINKING_BUDGET = 1024

/** A request that was understood, with all that its answer needs. */
export interface MessagesRequest {
  readonly model: string
  readonly question: Question
  readonly script: Script
  readonly stream: boolean
  /** Tokens up to the last `cache_control` mark, by how long the provider is asked to keep them. */
  readonly cacheWrites: { readonly fiveMinutes: number; readonly oneHour: number }
}

/** Reads `POST /v1/messages`. @throws BadRequest */
export function readMessagesRequest(body: Fields): MessagesRequest {
  const model = text(body, 'model')
  const { reasons } = findModel(model, 'text')
  const outputLimit = optionalCount(body, 'max_tokens', 1)
  if (outputLimit === undefined) throw new BadRequest('max_tokens: Field required')
  const messages = listOfFields(body, 'messages')
  if (messages.length === 0) throw new BadRequest('messages: at least one message is required')

  const account = { tokens: 0, marked: 0, oneHour: false }
  const tools = listOfFields(body, 'tools').map((tool, index) => {
    count(account, JSON.stringify(tool.input_schema ?? {}), tool.cache_control)
    return { name: text(tool, 'name', `tools.${index}.name`), parameters: tool.input_schema }
  })
  readBlocks(body.system, 'system', account)
  let prompt = ''
  let toolResult: string | undefined
  for (const [index, message] of messages.entries()) {
    const path = `messages.${index}`
    const role = text(message, 'role', `${path}.role`)
    if (role !== 'user' && role !== 'assistant') throw new BadRequest(`${path}.role: must be user or assistant`)
    account.tokens += 3
    const blocks = readBlocks(message.content, `${path}.content`, account)
    if (role === 'user' && blocks.text !== '') prompt = blocks.text
    toolResult = blocks.toolResult
  }

  const choice = optionalFields(body, 'tool_choice')
  const { oneHour, marked } = account
  return {
    model,
    script: readScript(model, prompt),
    stream: flag(body, 'stream', false),
    cacheWrites: { fiveMinutes: oneHour ? 0 : marked, oneHour: oneHour ? marked : 0 },
    question: {
      prompt,
      toolResult,
      inputTokens: account.tokens,
      outputLimit,
      stop: texts(body, 'stop_sequences'),
      tools,
      toolChoice: readToolChoice(choice, tools),
      parallelTools: !flag(choice ?? {}, 'disable_parallel_tool_use', false),
      reasons: reasons || readThinking(optionalFields(body, 'thinking'), outputLimit),
      schema: undefined
    }
  }
}

/** Answers a request; `id` is a digest of it. */
export function answerMessages(request: MessagesRequest, id: string): Reply {
  const thought = think(request.question, request.script)
  const content = contentBlocks(thought, id)
  const message = { id: `msg_${id.slice(0, 24)}`, type: 'message', role: 'assistant', model: request.model }
  const stop = { stop_reason: stopReason(thought), stop_sequence: thought.stopSequence ?? null, stop_details: null }
  const input = inputUsage(request, thought)
  const output = outputUsage(thought)
  if (!request.stream) {
    return jsonReply(200, { ...message, content, ...stop, usage: { ...input, ...output, service_tier: 'standard' } })
  }

  const events: string[] = []
  const emit = (type: string, fields: Fields): void => {
    events.push(`event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`)
  }
  const empty = { ...message, content: [], stop_reason: null, stop_sequence: null, stop_details: null }
  emit('message_start', { message: { ...empty, usage: { ...input, output_tokens: 1, service_tier: 'standard' } } })
  let call = 0
  for (const [index, block] of content.entries()) {
    emit('content_block_start', { index, content_block: opened(block) })
    if (index === 0) emit('ping', {})
    for (const delta of deltasOf(block, thought, call)) emit('content_block_delta', { index, delta })
    if (block.type === 'tool_use') call += 1
    emit('content_block_stop', { index })
  }
  // Figures of this event replace those of the first; they are totals, and not to be added.
  emit('message_delta', { delta: stop, usage: { ...input, ...output } })
  emit('message_stop', {})
  const error = { type: 'overloaded_error', message: 'The demo upstream failed on request.' }
  return {
    headers: { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' },
    events,
    errorEvent: () => `event: error\ndata: ${JSON.stringify({ type: 'error', error })}\n\n`
  }
}

/** What is counted of an input: all of it, and the part up to the last cache mark. */
interface Account {
  tokens: number
  marked: number
  oneHour: boolean
}

function count(account: Account, written: string, cacheControl: unknown): void {
  account.tokens += tokenize(written).length
  if (cacheControl === undefined || cacheControl === null) return
  account.marked = account.tokens
  account.oneHour = optionalFields({ cacheControl }, 'cacheControl', 'cache_control')?.ttl === '1h'
}

function readBlocks(content: unknown, path: string, account: Account) {
  if (content === undefined) {
    if (path !== 'system') throw new BadRequest(`${path}: Field required`)
    return { text: '', toolResult: undefined }
  }
  if (typeof content === 'string') {
    count(account, content, undefined)
    return { text: content, toolResult: undefined }
  }
  const written: string[] = []
  let toolResult: string | undefined
  for (const block of listOfFields({ content }, 'content', path)) {
    if (block.type === 'tool_result') {
      toolResult = resultText(block.content, `${path}.content`)
      count(account, toolResult, block.cache_control)
    } else {
      const words = optionalText(block, 'text', `${path}.text`) ?? ''
      if (block.type === 'text') written.push(words)
      count(account, words, block.cache_control)
    }
  }
  return { text: written.join(' '), toolResult }
}

function resultText(content: unknown, path: string): string {
  if (typeof content === 'string') return content
  const blocks = listOfFields({ content }, 'content', path)
  return blocks.map(block => (typeof block.text === 'string' ? block.text : '')).join(' ')
}

function readToolChoice(choice: Fields | undefined, tools: readonly Tool[]): Question['toolChoice'] {
  if (choice === undefined || choice.type === 'auto') return 'auto'
  if (choice.type === 'none') return 'none'
  if (tools.length === 0) throw new BadRequest('tool_choice: needs tools')
  if (choice.type === 'any') return 'required'
  const { name } = choice
  if (choice.type === 'tool' && typeof name === 'string' && tools.some(tool => tool.name === name)) return { name }
  throw new BadRequest('tool_choice: names no tool of tools')
}

function readThinking(thinking: Fields | undefined, outputLimit: number): boolean {
  if (thinking === undefined || thinking.type === 'disabled') return false
  if (thinking.type === 'adaptive') return true
  if (thinking.type !== 'enabled') throw new BadRequest('thinking.type: must be enabled, adaptive or disabled')
  const budget = optionalCount(thinking, 'budget_tokens', LEAST_THINKING_BUDGET)
  if (budget === undefined) throw new BadRequest('thinking.budget_tokens: Field required')
  if (budget >= outputLimit) throw new BadRequest('max_tokens: must be greater than thinking.budget_tokens')
  return true
}

function contentBlocks(thought: Thought, id: string): readonly Fields[] {
  const blocks: Fields[] = []
  if (thought.reasoning.length > 0) {
    const signature = Buffer.from(digest(id, 'signature'), 'hex').toString('base64')
    blocks.push({ type: 'thinking', thinking: thought.reasoning.join(''), signature })
  }
  if (thought.pieces.length > 0) blocks.push({ type: 'text', text: thought.pieces.join('') })
  for (const [index, call] of thought.calls.entries()) {
    const input: unknown = JSON.parse(call.argumentsText)
    blocks.push({ type: 'tool_use', id: `toolu_${digest(id, String(index)).slice(0, 24)}`, name: call.name, input })
  }
  return blocks
}

/** A block as it stands before any of it was written. */
function opened(block: Fields): Fields {
  if (block.type === 'thinking') return { ...block, thinking: '', signature: '' }
  return block.type === 'text' ? { ...block, text: '' } : { ...block, input: {} }
}

function deltasOf(block: Fields, thought: Thought, call: number): readonly Fields[] {
  if (block.type === 'thinking') {
    const deltas: Fields[] = thought.reasoning.map(thinking => ({ type: 'thinking_delta', thinking }))
    return [...deltas, { type: 'signature_delta', signature: block.signature }]
  }
  if (block.type === 'text') return thought.pieces.map(piece => ({ type: 'text_delta', text: piece }))
  return ['', ...(thought.calls[call]?.pieces ?? [])].map(piece => ({ type: 'input_json_delta', partial_json: piece }))
}

function stopReason({ ending }: Thought): string {
  if (ending === 'tools') return 'tool_use'
  if (ending === 'length') return 'max_tokens'
  return ending === 'stop_sequence' ? 'stop_sequence' : 'end_turn'
}

/** `input_tokens` is what neither came from the cache nor went into it; the three figures add up to the input. */
function inputUsage({ cacheWrites }: MessagesRequest, { usage }: Thought): Fields {
  const written = Math.max(0, cacheWrites.fiveMinutes + cacheWrites.oneHour - usage.cachedTokens)
  return {
    input_tokens: usage.inputTokens - usage.cachedTokens - written,
    cache_creation_input_tokens: written,
    cache_read_input_tokens: usage.cachedTokens,
    cache_creation: {
      ephemeral_5m_input_tokens: cacheWrites.oneHour > 0 ? 0 : written,
      ephemeral_1h_input_tokens: cacheWrites.oneHour > 0 ? written : 0
    }
  }
}

function outputUsage({ usage }: Thought): Fields {
  return { output_tokens: usage.outputTokens, output_tokens_details: { thinking_tokens: usage.reasoningTokens } }
}
