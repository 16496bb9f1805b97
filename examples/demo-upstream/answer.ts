/**
 * Thinks of an answer: what any API of the demo upstream says to a question.
 * Pure and stateless, so the same question always gets the same answer. Knows no
 * API's form: each of them turns its request into a {@link Question} and a
 * {@link Thought} into its response.
 */
import { exampleValue } from './example-value.ts'
import type { Script } from './script.ts'

/** A tool that may be called. */
export interface Tool {
  readonly name: string
  /** JSON Schema of its arguments. */
  readonly parameters: unknown
}

/** What is asked, in no API's form. */
export interface Question {
  /** Text of the last message that a user wrote. */
  readonly prompt: string
  /** What a tool answered, when that is what the conversation ends with. */
  readonly toolResult: string | undefined
  /** Size of the whole input. */
  readonly inputTokens: number
  /** Most tokens of the answer, reasoning included. */
  readonly outputLimit: number | undefined
  readonly stop: readonly string[]
  readonly tools: readonly Tool[]
  /** `auto` calls a tool when the prompt names it or asks for it by directive. */
  readonly toolChoice: 'none' | 'auto' | 'required' | { readonly name: string }
  readonly parallelTools: boolean
  /** Whether the request switches reasoning on. */
  readonly reasons: boolean
  /** JSON Schema that the answer must fit; undefined for prose. */
  readonly schema: unknown
}

/** A call of a tool. `pieces` make up `argumentsText`, as a stream would bring them. */
export interface Call {
  readonly name: string
  readonly argumentsText: string
  readonly pieces: readonly string[]
}

/** What is answered, in no API's form. */
export interface Thought {
  /** One entry for each token spent on reasoning. */
  readonly reasoning: readonly string[]
  /** One entry for each token of text. */
  readonly pieces: readonly string[]
  readonly calls: readonly Call[]
  readonly ending: 'stop' | 'stop_sequence' | 'length' | 'tools'
  /** The stop sequence that was met. */
  readonly stopSequence: string | undefined
  readonly usage: {
    readonly inputTokens: number
    /** The part of `inputTokens` that was read from a cache. */
    readonly cachedTokens: number
    /** All output, reasoning included. */
    readonly outputTokens: number
    readonly reasoningTokens: number
  }
}

/** Reasoning tokens where nothing is said of their number. */
const DEFAULT_REASONING_TOKENS = 12
/** Bytes of multi-byte characters on purpose: whoever splits a stream in the wrong place is found out. */
const FILLER = 'The same question always gets the same answer – même ici, 在这里 也一样, and here 🙂 as well.'
const REASONING =
  'First I count the words, then I look for a directive, and then I write the sentence that I always write.'
const ARGUMENTS_PIECE_CHARACTERS = 8

/** Text cut into tokens: words with the space before them. Joined again they are the text. */
export function tokenize(text: string): readonly string[] {
  return text.match(/\s*\S+|\s+$/g) ?? []
}

/** Answers a question. `variant` tells several answers to one question apart; the first is 0. */
export function think(question: Question, script: Script, variant = 0): Thought {
  const wanted = question.reasons || script.reasoning !== undefined ? (script.reasoning ?? DEFAULT_REASONING_TOKENS) : 0
  const limit = question.outputLimit ?? Number.POSITIVE_INFINITY
  const reasoning = cycle(REASONING, Math.min(wanted, limit))
  const room = limit - reasoning.length

  const calls = callsOf(question, script)
  const said = calls.length > 0 ? [] : tokenize(textOf(question, script, variant))
  const stopped = untilStop(said.join(''), question.stop)
  const text = stopped === undefined ? said : tokenize(stopped.text)
  const pieces = text.slice(0, room)
  const callTokens = calls.reduce((sum, call) => sum + 1 + call.pieces.length, 0)
  // A call is made whole or not at all: half a call has no meaning to whoever asked.
  const called = callTokens <= room ? calls : []
  const short = pieces.length < text.length || called.length < calls.length

  let ending: Thought['ending'] = 'stop'
  if (short) ending = 'length'
  else if (called.length > 0) ending = 'tools'
  else if (stopped !== undefined) ending = 'stop_sequence'

  return {
    reasoning,
    pieces,
    calls: called,
    ending,
    stopSequence: ending === 'stop_sequence' ? stopped?.sequence : undefined,
    usage: {
      inputTokens: question.inputTokens,
      cachedTokens: Math.min(script.cached ?? 0, question.inputTokens),
      outputTokens: reasoning.length + pieces.length + (called.length > 0 ? callTokens : 0),
      reasoningTokens: reasoning.length
    }
  }
}

function textOf(question: Question, script: Script, variant: number): string {
  if (question.schema !== undefined) return JSON.stringify(exampleValue(question.schema))
  const mark = variant === 0 ? '' : `(${variant + 1}) `
  const text = mark + (question.toolResult === undefined ? echo(question.prompt) : report(question.toolResult))
  if (script.tokens === undefined) return text
  const pieces = tokenize(text)
  if (pieces.length >= script.tokens) return pieces.slice(0, script.tokens).join('')
  return text + cycle(` ${FILLER}`, script.tokens - pieces.length).join('')
}

function echo(prompt: string): string {
  const words = prompt.split(/\s+/).filter(word => word !== '')
  const last = words.at(-1)
  if (last === undefined) return 'This is the demo upstream. You sent no words.'
  const number = words.length === 1 ? '1 word' : `${words.length} words`
  return `This is the demo upstream. You sent ${number}, and the last one is "${last}".`
}

function report(result: string): string {
  const words = result.split(/\s+/).filter(word => word !== '')
  return `The tool answered: ${words.slice(0, 20).join(' ')}`
}

function callsOf(question: Question, script: Script): readonly Call[] {
  const { tools, toolChoice, prompt } = question
  if (tools.length === 0 || toolChoice === 'none' || question.toolResult !== undefined) return []
  let chosen: readonly Tool[]
  if (typeof toolChoice === 'object') chosen = tools.filter(tool => tool.name === toolChoice.name)
  else {
    const named = tools.filter(tool => prompt.includes(tool.name))
    if (named.length === 0 && toolChoice === 'auto' && script.tools === undefined) return []
    chosen = named.length > 0 ? named : tools
  }
  const wanted = question.parallelTools ? (script.tools ?? 1) : Math.min(script.tools ?? 1, 1)
  const calls: Call[] = []
  for (let index = 0; index < wanted; index++) {
    const tool = chosen[index % chosen.length]
    if (tool === undefined) break
    const argumentsText = JSON.stringify(exampleValue(tool.parameters))
    calls.push({ name: tool.name, argumentsText, pieces: inPieces(argumentsText, ARGUMENTS_PIECE_CHARACTERS) })
  }
  return calls
}

/** The text before the earliest stop sequence; undefined when none occurs. */
function untilStop(text: string, sequences: readonly string[]): { text: string; sequence: string } | undefined {
  let found: { text: string; sequence: string } | undefined
  for (const sequence of sequences) {
    const index = sequence === '' ? -1 : text.indexOf(sequence)
    if (index >= 0 && (found === undefined || index < found.text.length))
      found = { text: text.slice(0, index), sequence }
  }
  return found
}

/** Exactly `count` tokens, going round in a sentence. */
function cycle(sentence: string, count: number): readonly string[] {
  const tokens = tokenize(sentence)
  return Array.from({ length: count }, (_, index) => {
    const token = tokens[index % tokens.length] ?? ''
    return index >= tokens.length && !token.startsWith(' ') ? ` ${token}` : token
  })
}

function inPieces(text: string, characters: number): readonly string[] {
  const pieces: string[] = []
  for (let at = 0; at < text.length; at += characters) pieces.push(text.slice(at, at + characters))
  return pieces
}
