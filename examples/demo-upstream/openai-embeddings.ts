/**
 * OpenAI's embeddings: vectors that are always the same for the same text, and
 * close for texts that share words. Pure.
 */
import { createHash } from 'node:crypto'
import { tokenize } from './answer.ts'
import { BadRequest, type Fields, optionalCount, optionalText, text } from './fields.ts'
import { findModel } from './models.ts'
import { jsonReply, type WholeReply } from './reply.ts'
import { readScript, type Script } from './script.ts'

const DEFAULT_DIMENSIONS = 256
const MOST_DIMENSIONS = 4096
const MOST_INPUTS = 2048

/** A request that was understood. */
export interface EmbeddingsRequest {
  readonly model: string
  /** Each input as a list of tokens. */
  readonly inputs: readonly (readonly string[])[]
  readonly dimensions: number
  readonly base64: boolean
  readonly script: Script
}

/** Reads `POST /v1/embeddings`. @throws BadRequest */
export function readEmbeddingsRequest(body: Fields): EmbeddingsRequest {
  const model = text(body, 'model')
  findModel(model, 'embedding')
  const format = optionalText(body, 'encoding_format') ?? 'float'
  if (format !== 'float' && format !== 'base64') {
    throw new BadRequest("'encoding_format' must be float or base64.", 'encoding_format', 400, 'invalid_value')
  }
  const inputs = readInputs(body.input)
  return {
    model,
    inputs,
    dimensions: optionalCount(body, 'dimensions', 1, MOST_DIMENSIONS) ?? DEFAULT_DIMENSIONS,
    base64: format === 'base64',
    script: readScript(model, ...inputs.map(tokens => tokens.join('')))
  }
}

/** Answers a request. */
export function answerEmbeddings({ model, inputs, dimensions, base64 }: EmbeddingsRequest): WholeReply {
  const data = inputs.map((tokens, index) => {
    const vector = embed(tokens, dimensions)
    const embedding = base64 ? Buffer.from(vector.buffer).toString('base64') : Array.from(vector)
    return { object: 'embedding', index, embedding }
  })
  const tokens = inputs.reduce((sum, input) => sum + input.length, 0)
  return jsonReply(200, { object: 'list', data, model, usage: { prompt_tokens: tokens, total_tokens: tokens } })
}

/** A unit vector: the sum of one vector for each token. Single precision, little-endian. */
export function embed(tokens: readonly string[], dimensions: number): Float32Array<ArrayBuffer> {
  const sum = new Float64Array(dimensions)
  for (const token of tokens) addToken(sum, token.trim().toLowerCase())
  let square = 0
  for (const value of sum) square += value * value
  const length = Math.sqrt(square)
  const bytes = new DataView(new ArrayBuffer(dimensions * 4))
  sum.forEach((value, index) => {
    bytes.setFloat32(index * 4, length === 0 ? 0 : value / length, true)
  })
  return new Float32Array(bytes.buffer)
}

/** Adds a vector of values from -1 to 1, made of digests of the token. */
function addToken(sum: Float64Array, token: string): void {
  for (let start = 0; start < sum.length; start += 8) {
    const block = createHash('sha256').update(`${start}:${token}`).digest()
    for (let index = 0; index < 8 && start + index < sum.length; index++) {
      sum[start + index] = (sum[start + index] ?? 0) + block.readInt32LE(index * 4) / 2 ** 31
    }
  }
}

/** A string, a list of strings, a list of token numbers, or a list of such lists. */
function readInputs(input: unknown): readonly (readonly string[])[] {
  const wrong = new BadRequest(
    "'input' must be a string, a list of strings, or lists of token numbers, and not empty.",
    'input',
    400,
    'invalid_value'
  )
  if (typeof input === 'string') {
    if (input === '') throw wrong
    return [tokenize(input)]
  }
  if (!Array.isArray(input) || input.length === 0 || input.length > MOST_INPUTS) throw wrong
  const entries: readonly unknown[] = input
  if (entries.every(entry => typeof entry === 'number')) return [entries.map(String)]
  return entries.map(entry => {
    if (typeof entry === 'string' && entry !== '') return tokenize(entry)
    if (Array.isArray(entry) && entry.length > 0 && entry.every(token => typeof token === 'number')) {
      return entry.map(String)
    }
    throw wrong
  })
}
