/**
 * What is known about the bodies of each API, in one place for all who need it.
 * Pure: text and values in, text and values out. Plugins import it as
 * `tacit-gateway/dialects`. One file per dialect; this one only finds it.
 */
import { ANTHROPIC_MESSAGES } from './anthropic-messages.ts'
import type { Dialect, DialectFacts } from './facts.ts'
import { GEMINI } from './gemini.ts'
import { HTTP } from './http.ts'
import { OPENAI_CHAT } from './openai-chat.ts'
import { OPENAI_COMPLETIONS } from './openai-completions.ts'
import { OPENAI_EMBEDDINGS } from './openai-embeddings.ts'
import { OPENAI_RESPONSES } from './openai-responses.ts'

export type {
  ApiPath,
  Catalogue,
  Cost,
  CostPart,
  CostQuestion,
  DataSource,
  FoundModel,
  KnownCost,
  Model,
  PriceBook,
  Provider,
  Terms,
  UnknownCost
} from './catalogue.ts'
export { estimateOutput, OutputTally } from './counting/output.ts'
export {
  DIALECTS,
  type Dialect,
  type DialectError,
  type DialectFacts,
  type Format,
  type ReadingFacts,
  type StreamError
} from './facts.ts'
export { type Direction, FORMATS, formatOf, type TextShapes, textShapesOf, visitTextOf } from './formats.ts'
export { type AwsMessage, AwsMessageCutter } from './framing/aws-event-stream.ts'
export { unwrapBedrockChunk } from './framing/bedrock-chunk.ts'
export { type FormPart, formBody, readForm } from './framing/form.ts'
export { JsonArrayCutter } from './framing/json-array.ts'
export { LineCutter } from './framing/lines.ts'
export {
  type LimitPolicy,
  type LimitStanding,
  type LimitUnit,
  rateLimit,
  rateLimitPolicy,
  type WrittenPolicy,
  writtenPolicy
} from './limits/fields.ts'
export { limitHeaders, tellsOfLimits } from './limits/headers.ts'
export { readingFactsOf } from './reading.ts'
export { dialectOfList, recogniseDialect } from './recognise.ts'
export { recogniseFormat } from './recognise-format.ts'
export {
  askedTier,
  bodyValue,
  type EstimateRules,
  estimateTokens,
  type TokenEstimate
} from './request/estimate.ts'
export { dearestCost, type ExpectedTokens, estimateCost, isPriced, type PricedTarget } from './request/estimate-cost.ts'
export type { RequestFacts } from './request/facts.ts'
export { requestFactsOf } from './request/formats.ts'
export { type FoundMember, topLevelMember } from './request/member.ts'
export { asModel, modelInPath, withModelInPath } from './request/path.ts'
export {
  isUsageOnly,
  type RequestReading,
  readAnsweringModel,
  readRequest,
  topLevelNamesOf
} from './request/reader.ts'
export { mayUseTokens } from './request/uses.ts'
export { type RangeEdit, rangesOf, type TextEdit, withEdits } from './text/ranges.ts'
export type { Leaf, Matter, Role, Shape, TextKind } from './text/shape.ts'
export { MAX_TEXT_DEPTH, type Path, type TextPlace, visitFreeText, visitText } from './text/walk.ts'
export type { Places, Relation, Tally, UsageFacts } from './usage/facts.ts'
export { usageFactsOf } from './usage/formats.ts'
export { NO_TOKENS } from './usage/no-tokens.ts'
export { type EventData, readUsage, UsageReader, type UsageReading } from './usage/reader.ts'

const FACTS: Readonly<Record<Dialect, DialectFacts>> = {
  'openai-chat': OPENAI_CHAT,
  'openai-completions': OPENAI_COMPLETIONS,
  'openai-responses': OPENAI_RESPONSES,
  'openai-embeddings': OPENAI_EMBEDDINGS,
  'anthropic-messages': ANTHROPIC_MESSAGES,
  gemini: GEMINI,
  http: HTTP
}

/** What is known of a dialect. Always the same object for the same dialect. */
export function factsOf(dialect: Dialect): DialectFacts {
  return FACTS[dialect]
}
