/** Where text stands in Bedrock's Converse: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html. */
import { JSON_SCHEMA } from './json-schema.ts'
import {
  AUDIO,
  ENCRYPTED,
  either,
  FILE,
  FREE,
  IMAGE,
  JSON_PIECE,
  LINK,
  list,
  named,
  object,
  PADDING,
  recursive,
  type Shape,
  SIGNATURE,
  same,
  TEXT,
  TEXT_OR_TEXTS,
  TEXT_PIECE,
  VIDEO,
  WORD,
  WORDS,
  words
} from './shape.ts'

function sourceOf(bytes: Shape): Shape {
  return object({
    bytes,
    s3Location: object({ uri: bytes, bucketOwner: WORD }),
    text: TEXT,
    content: list(object({ text: TEXT }))
  })
}

const CITATION: Shape = object({
  title: TEXT,
  source: LINK,
  location: object({ web: object({ url: LINK, domain: TEXT }) }, WORDS),
  sourceContent: list(object({ text: TEXT }))
})

/** https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ContentBlock.html */
const BLOCK: Shape = recursive(self =>
  object({
    text: TEXT,
    image: object({ format: WORD, source: sourceOf(IMAGE), error: FREE }),
    document: object({
      format: WORD,
      ...same('name context', TEXT),
      source: sourceOf(FILE),
      citations: WORDS
    }),
    video: object({ format: WORD, source: sourceOf(VIDEO) }),
    audio: object({ format: WORD, source: sourceOf(AUDIO), error: FREE }),
    json: FREE,
    toolUse: object({ ...words('toolUseId name type'), input: FREE }),
    toolResult: object({ ...words('toolUseId status type'), content: list(self) }, { role: 'tool' }),
    guardContent: object({
      text: object({ text: TEXT, qualifiers: WORDS }),
      image: object({ format: WORD, source: sourceOf(IMAGE) })
    }),
    ...same('cachePoint toolAddition toolRemoval', WORDS),
    reasoningContent: object({
      reasoningText: object({ text: TEXT, signature: SIGNATURE }),
      text: TEXT,
      signature: SIGNATURE,
      redactedContent: ENCRYPTED
    }),
    citationsContent: object({ content: list(object({ text: TEXT })), citations: list(CITATION) }),
    searchResult: object({ source: LINK, title: TEXT, content: list(object({ text: TEXT })), citations: WORDS })
  })
)

const MESSAGE: Shape = object({ role: WORD, content: list(BLOCK) }, { hasRole: true })

const TOOL_CONFIG: Shape = object(
  {
    tools: list(
      object({
        toolSpec: object({ name: WORD, description: TEXT, inputSchema: object({ json: JSON_SCHEMA }), strict: WORD }),
        ...same('cachePoint systemTool', WORDS)
      })
    ),
    toolChoice: WORDS
  },
  { role: 'definition' }
)

/** A request for an answer, or for a count of its tokens. */
export const CONVERSE_REQUEST: Shape = recursive(self =>
  object({
    ...words('modelId anthropic_version schemaVersion'),
    messages: list(MESSAGE),
    system: { ...list(BLOCK), role: 'system' },
    inferenceConfig: object({ stopSequences: TEXT_OR_TEXTS }, WORDS),
    toolConfig: TOOL_CONFIG,
    ...same('guardrailConfig performanceConfig serviceTier', WORDS),
    additionalModelRequestFields: FREE,
    additionalModelResponseFieldPaths: list(WORD),
    promptVariables: named(object({ text: TEXT })),
    requestMetadata: named(TEXT),
    outputConfig: object({
      effort: WORD,
      textFormat: object({
        type: WORD,
        structure: object({ jsonSchema: object({ name: WORD, description: TEXT, schema: TEXT }) })
      })
    }),
    // CountTokens wraps either kind of request; InvokeModel's is in base64.
    input: object({ converse: self, invokeModel: object({ body: FILE }) })
  })
)

/** An answer, or an error, which is a sentence. */
export const CONVERSE_RESPONSE: Shape = object({
  ...words('stopReason __type'),
  output: object({ message: MESSAGE }),
  ...same('message Message', TEXT),
  ...same('usage metrics performanceConfig serviceTier', WORDS),
  additionalModelResponseFields: FREE,
  trace: FREE
})

/** The body of a message of ConverseStream; its kind stands in a header of the message. */
export const CONVERSE_EVENT: Shape = object({
  ...words('role stopReason originalStatusCode'),
  start: object({
    toolUse: object(words('toolUseId name type')),
    image: object(words('format')),
    toolResult: object(words('toolUseId status type'))
  }),
  delta: object({
    text: TEXT_PIECE,
    toolUse: object({ input: either(JSON_PIECE, FREE) }),
    toolResult: list(object({ text: TEXT_PIECE, json: FREE })),
    reasoningContent: object({ text: TEXT_PIECE, signature: SIGNATURE, redactedContent: ENCRYPTED }),
    citation: CITATION,
    image: object({ source: sourceOf(IMAGE), error: FREE })
  }),
  ...same('usage metrics performanceConfig serviceTier', WORDS),
  additionalModelResponseFields: FREE,
  trace: FREE,
  ...same('message Message originalMessage', TEXT),
  p: PADDING
})
