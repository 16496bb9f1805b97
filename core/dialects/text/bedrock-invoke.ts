/**
 * Where text stands in Bedrock's InvokeModel, whose bodies are those of each model's maker
 * (https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters.html). A profile's name does not tell whose
 * model it is, so a member that only theirs has does.
 */
import { MESSAGES_EVENT, MESSAGES_REQUEST, MESSAGES_RESPONSE } from './anthropic-messages.ts'
import { CONVERSE_EVENT, CONVERSE_REQUEST, CONVERSE_RESPONSE } from './bedrock-converse.ts'
import { COHERE_REQUEST, COHERE_RESPONSE } from './cohere.ts'
import { CHAT_EVENT, CHAT_REQUEST, CHAT_RESPONSE } from './openai-chat.ts'
import {
  FREE,
  IMAGE,
  LINK,
  list,
  object,
  PADDING,
  type Shape,
  same,
  TEXT,
  TEXT_OR_TEXTS,
  TEXT_PIECE,
  VECTOR,
  WORD,
  WORDS,
  words
} from './shape.ts'

/** What Bedrock itself adds to the answer of any model, where a guardrail looked at it. */
const BEDROCK: Readonly<Record<string, Shape>> = {
  'amazon-bedrock-guardrailAction': WORD,
  'amazon-bedrock-trace': FREE,
  'amazon-bedrock-invocationMetrics': WORDS
}

function withBedrock(shape: Shape): Shape {
  return { ...shape, members: new Map([...(shape.members ?? []), ...Object.entries(BEDROCK)]) }
}

function marked(...marks: readonly (readonly [members: string, shape: Shape])[]): NonNullable<Shape['marked']> {
  return marks.flatMap(([members, shape]) => members.split(' ').map(name => [name, withBedrock(shape)] as const))
}

const MEDIA_PARAMETERS = object(
  {
    ...same('text prompt negativeText negativePrompt caption', TEXT),
    ...same('images', list(IMAGE)),
    ...same('image inputImage maskImage conditionImage', IMAGE),
    maskPrompt: TEXT
  },
  WORDS
)

/** Without a mark: Amazon's Titan and Nova Canvas, Meta's Llama, Mistral's older models, Stability, TwelveLabs. */
export const INVOKE_REQUEST: Shape = object(
  {
    ...same('prompt inputText text negative_prompt', { ...TEXT, role: 'user' }),
    ...same('stop stop_sequences', TEXT_OR_TEXTS),
    textGenerationConfig: object({ stopSequences: TEXT_OR_TEXTS }, WORDS),
    ...same('image inputImage', IMAGE),
    images: list(IMAGE),
    ...same(
      'taskType mode output_format embeddingTypes embeddingConfig imageGenerationConfig amazon-bedrock-guardrailConfig',
      WORDS
    ),
    ...same(
      'textToImageParams imageVariationParams inPaintingParams outPaintingParams colorGuidedGenerationParams backgroundRemovalParams',
      MEDIA_PARAMETERS
    ),
    text_prompts: list(object({ text: TEXT })),
    mediaSource: object({ base64String: IMAGE, s3Location: object({ uri: LINK, bucketOwner: WORD }) })
  },
  {
    marked: marked(
      ['anthropic_version max_tokens_to_sample', MESSAGES_REQUEST],
      ['schemaVersion inferenceConfig toolConfig', CONVERSE_REQUEST],
      ['chat_history message texts query input_type', COHERE_REQUEST],
      ['messages', CHAT_REQUEST]
    )
  }
)

/** An answer, or an error, which is a sentence. */
export const INVOKE_RESPONSE: Shape = object(
  {
    ...BEDROCK,
    ...words('stop_reason __type'),
    ...same('message Message error generation', TEXT),
    results: list(object({ outputText: TEXT, completionReason: WORD })),
    outputs: list(object({ text: TEXT, stop_reason: WORD })),
    images: list(IMAGE),
    artifacts: list(object({ base64: IMAGE, finishReason: WORD })),
    ...same('embedding embeddings embeddingsByType', { ...WORDS, ...VECTOR }),
    ...same('finish_reasons seeds usage', WORDS)
  },
  {
    marked: marked(
      ['content completion', MESSAGES_RESPONSE],
      ['output', CONVERSE_RESPONSE],
      ['choices', CHAT_RESPONSE],
      ['generations text response_id generation_id response_type', COHERE_RESPONSE]
    )
  }
)

/** What stands in the bytes of one message of InvokeModelWithResponseStream. */
export const INVOKE_EVENT: Shape = object(
  {
    ...BEDROCK,
    ...words('completionReason stop_reason'),
    ...same('outputText generation text', TEXT_PIECE),
    outputs: list(object({ text: TEXT_PIECE, stop_reason: WORD })),
    // Nova calls each event by a member.
    ...same('messageStart contentBlockStart contentBlockDelta contentBlockStop messageStop metadata', CONVERSE_EVENT),
    ...same('message Message originalMessage', TEXT),
    p: PADDING
  },
  { marked: marked(['type completion', MESSAGES_EVENT], ['choices', CHAT_EVENT]) }
)
