/**
 * Tells the format of a body from the path of its request, for who reads bodies:
 * it runs only then, and knows more paths than the dialects have. Pure.
 */
import type { Format } from './facts.ts'
import { plainPath, recogniseDialect } from './recognise.ts'

/**
 * What the bodies of a call are written in; `http` where that is not known. Any prefix may stand before the segments
 * that tell, and as with dialects neither case nor needless percent-encoding makes a difference.
 *
 * @param path As received, without the query.
 */
export function recogniseFormat(path: string): Format {
  const segments = plainPath(path).split('/')
  if (segments.at(-1) === '') segments.pop()
  const last = segments.at(-1) ?? ''
  const parent = segments.at(-2) ?? ''
  const byName = byLast(last, parent, segments.at(-3) ?? '')
  if (byName !== undefined) return byName
  const dialect = recogniseDialect(path)
  if (dialect === 'openai-chat' && parent === 'models') return 'model-list'
  return dialect === 'http' ? byFolder(segments) : dialect
}

/** By the name of the call, and of what it is done to. */
function byLast(last: string, parent: string, grandparent: string): Format | undefined {
  switch (last) {
    case 'completions':
      return parent === 'fim' || parent === 'agents' ? 'mistral' : undefined
    case 'ocr':
    case 'conversations':
      return 'mistral'
    case 'generations':
    case 'edits':
    case 'variations':
      return parent === 'images' ? 'openai-images' : undefined
    case 'speech':
    case 'transcriptions':
    case 'translations':
      return parent === 'audio' ? 'openai-audio' : undefined
    case 'moderations':
      return 'openai-moderations'
    case 'models':
    case 'tags':
      return 'model-list'
    case 'interactions':
      return 'gemini-interactions'
    case 'converse':
    case 'converse-stream':
    case 'count-tokens':
      return grandparent === 'model' ? 'bedrock-converse' : undefined
    case 'invoke':
    case 'invoke-with-response-stream':
      return grandparent === 'model' ? 'bedrock-invoke' : undefined
    case 'input_items':
    case 'input_tokens':
      return 'openai-responses'
    default:
      return byVersion(last, parent) ?? byMethod(last)
  }
}

/** Short names that mean something only behind a version, or behind Ollama's `/api`. */
function byVersion(last: string, parent: string): Format | undefined {
  switch (last) {
    case 'chat':
    case 'embed':
    case 'generate':
      if (parent === 'api') return 'ollama'
      if (parent === 'image') return 'openai-images'
      return isVersion(parent) ? 'cohere' : undefined
    case 'embeddings':
      return parent === 'api' ? 'ollama' : undefined
    case 'rerank':
      return parent === 'v2' ? 'cohere' : 'rerank'
    case 'classify':
    case 'tokenize':
    case 'detokenize':
      return isVersion(parent) ? 'cohere' : undefined
    default:
      return undefined
  }
}

function isVersion(segment: string): boolean {
  return segment === 'v1' || segment === 'v2'
}

/** Google's calls hang on what they are done to. Vertex AI passes Anthropic's bodies through `rawPredict`. */
function byMethod(last: string): Format | undefined {
  const colon = last.indexOf(':')
  if (colon < 0) return undefined
  switch (last.slice(colon + 1)) {
    case 'generatecontent':
    case 'streamgeneratecontent':
    case 'batchgeneratecontent':
    case 'counttokens':
    case 'embedcontent':
    case 'batchembedcontents':
    case 'asyncbatchembedcontent':
    case 'predict':
      return 'gemini'
    case 'rawpredict':
    case 'streamrawpredict':
      return 'anthropic-messages'
    default:
      return undefined
  }
}

/** By a collection that the path leads into: the nearest one tells. */
function byFolder(segments: readonly string[]): Format {
  for (let index = segments.length - 1; index >= 0; index--) {
    switch (segments[index]) {
      case 'cachedcontents':
        return 'gemini'
      case 'interactions':
        return 'gemini-interactions'
      case 'conversations':
        return 'mistral'
      case 'files':
      case 'vector_stores':
      case 'threads':
        return 'openai-files'
      case 'batches':
        return segments[index - 1] === 'messages' ? 'anthropic-messages' : 'openai-files'
      case 'models':
        return index === segments.length - 2 && !segments[index + 1]?.includes(':') ? 'model-list' : 'http'
      default:
    }
  }
  return 'http'
}
