/**
 * Where text stands in Google Gemini, on the Gemini API and on Vertex AI: answers, counts, embeddings, caches
 * (https://ai.google.dev/api/generate-content). Its protobuf names are taken in camelCase and in snake_case.
 */
import { RPC_ERROR } from './errors.ts'
import { JSON_SCHEMA } from './json-schema.ts'
import {
  either,
  FILE,
  FREE,
  inBothCases,
  LINK,
  list,
  named,
  object,
  recursive,
  SECRET,
  type Shape,
  SIGNATURE,
  same,
  TEXT,
  TEXT_OR_TEXTS,
  TEXT_PIECE,
  TOKEN,
  WORD,
  WORDS,
  words
} from './shape.ts'

function message(members: Readonly<Record<string, Shape>>, more: Omit<Shape, 'members'> = {}): Shape {
  return object(inBothCases(members), more)
}

/** A part of a content. In a stream each chunk holds the next piece of its text. */
function partOf(text: Shape): Shape {
  return recursive(self =>
    message({
      text,
      thoughtSignature: SIGNATURE,
      inlineData: message({ mimeType: WORD, data: FILE, displayName: TEXT }),
      fileData: message({ mimeType: WORD, fileUri: FILE, displayName: TEXT }),
      functionCall: message({
        ...words('id name'),
        args: FREE,
        // https://cloud.google.com/vertex-ai/generative-ai/docs/multimodal/function-calling#streaming-fc
        partialArgs: list(message({ jsonPath: WORD, stringValue: text, nullValue: WORD }))
      }),
      functionResponse: message(
        { ...words('id name scheduling'), response: FREE, parts: list(self) },
        { role: 'tool' }
      ),
      executableCode: message({ ...words('id language'), code: text }),
      codeExecutionResult: message({ ...words('id outcome'), output: text }, { role: 'tool' }),
      toolCall: message({ ...words('id toolType'), args: FREE }),
      toolResponse: message({ ...words('id toolType'), response: FREE }, { role: 'tool' }),
      ...same('videoMetadata mediaResolution mediaProcessing', WORDS),
      audioTranscription: message({ text }, WORDS),
      ...same('speechMetadata partMetadata', FREE)
    })
  )
}

function contentOf(text: Shape): Shape {
  return message({ role: WORD, parts: either(text, list(partOf(text)), partOf(text)) }, { ...text, hasRole: true })
}

const CONTENT = contentOf(TEXT)
/** Who wrote the system's words is not told by `role`, in which clients write anything. */
const SYSTEM: Shape = message(
  { role: WORD, parts: either(TEXT, list(partOf(TEXT)), partOf(TEXT)) },
  { ...TEXT, role: 'system' }
)

/** https://ai.google.dev/api/caching#Tool */
const TOOL: Shape = message(
  {
    functionDeclarations: list(
      message({
        ...words('name behavior'),
        description: TEXT,
        ...same('parameters parametersJsonSchema response responseJsonSchema', JSON_SCHEMA)
      })
    ),
    ...same('codeExecution urlContext googleMaps computerUse', WORDS),
    ...same('googleSearch googleSearchRetrieval enterpriseWebSearch', message({ excludeDomains: list(TEXT) }, WORDS)),
    fileSearch: message({ metadataFilter: TEXT }, WORDS),
    ...same('exaAiSearch parallelAiSearch', message({ apiKey: SECRET, customConfigs: FREE }, WORDS)),
    retrieval: FREE,
    mcpServers: list(
      message({ name: WORD, streamableHttpTransport: message({ url: LINK, headers: named(SECRET) }, WORDS) })
    )
  },
  { role: 'definition' }
)

const GENERATION_CONFIG: Shape = message(
  {
    stopSequences: TEXT_OR_TEXTS,
    ...same('responseSchema responseJsonSchema', JSON_SCHEMA),
    // Voices are words; speakers are names that stand in the prompt.
    speechConfig: message({
      voiceConfig: WORDS,
      languageCode: WORD,
      multiSpeakerVoiceConfig: message({ speakerVoiceConfigs: list(message({ speaker: TEXT, voiceConfig: WORDS })) })
    })
  },
  WORDS
)

/** A request: for an answer, a count, vectors or a cache, alone or several together. */
export const GEMINI_REQUEST: Shape = recursive(self =>
  message({
    ...words('model taskType ttl expireTime cachedContent name serviceTier outputDimensionality'),
    ...same('contents content', either(list(CONTENT), CONTENT)),
    systemInstruction: SYSTEM,
    ...same('title displayName', TEXT),
    continuationToken: SIGNATURE,
    tools: either(list(TOOL), TOOL),
    ...same('toolConfig safetySettings modelArmorConfig', WORDS),
    ...same('generationConfig embedContentConfig', GENERATION_CONFIG),
    labels: named(TEXT),
    requests: list(self),
    ...same('generateContentRequest request', self),
    // Vertex AI's older call, by which embeddings and images are still asked for.
    instances: list(FREE),
    parameters: WORDS
  })
)

const SOURCES = list(
  message({ ...same('uri sourceUri imageUri', LINK), ...same('title license domain', TEXT), publicationDate: WORDS })
)

/** https://ai.google.dev/api/generate-content#GroundingMetadata */
const GROUNDING: Shape = message({
  ...same('webSearchQueries imageSearchQueries retrievalQueries', list(TEXT)),
  searchEntryPoint: message({ renderedContent: TEXT, sdkBlob: FILE }),
  groundingChunks: list(
    message({
      ...same('web image', message({ ...same('uri sourceUri imageUri', LINK), ...same('title domain', TEXT) })),
      retrievedContext: message(
        { uri: LINK, ...same('title text documentName', TEXT), ragChunk: FREE, customMetadata: FREE },
        WORDS
      ),
      maps: message({
        uri: LINK,
        ...same('title text', TEXT),
        placeId: WORD,
        ...same('placeAnswerSources route', FREE)
      })
    })
  ),
  groundingSupports: list(message({ segment: message({ text: TEXT }, WORDS) }, WORDS)),
  retrievalMetadata: WORDS,
  googleMapsWidgetContextToken: SIGNATURE,
  sourceFlaggingUris: WORDS
})

const LOGPROBS_RESULT: Shape = recursive(self =>
  message({ token: TOKEN, ...same('topCandidates chosenCandidates candidates', list(self)) })
)

function answerOf(text: Shape): Shape {
  return message({
    error: RPC_ERROR,
    candidates: list(
      message({
        content: contentOf(text),
        ...words('finishReason'),
        finishMessage: TEXT,
        continuationToken: SIGNATURE,
        safetyRatings: WORDS,
        citationMetadata: message({ ...same('citationSources citations', SOURCES) }),
        groundingMetadata: GROUNDING,
        groundingAttributions: list(FREE),
        urlContextMetadata: message({ urlMetadata: list(message({ retrievedUrl: LINK, urlRetrievalStatus: WORD })) }),
        logprobsResult: LOGPROBS_RESULT
      })
    ),
    promptFeedback: message({ blockReason: WORD, blockReasonMessage: TEXT, safetyRatings: WORDS }),
    ...words('modelVersion responseId createTime updateTime expireTime name model truncated'),
    ...same('usageMetadata promptTokensDetails cacheTokensDetails metadata', WORDS),
    modelStatus: message({ message: TEXT }, WORDS),
    ...same('embedding embeddings', WORDS),
    displayName: TEXT,
    cachedContents: list(message({ displayName: TEXT }, WORDS)),
    nextPageToken: WORD,
    predictions: FREE
  })
}

const ANSWER = answerOf(TEXT)

/** An answer, the array of chunks that a stream without `alt=sse` is, or an error. */
export const GEMINI_RESPONSE: Shape = either(ANSWER, list(answerOf(TEXT_PIECE)))

/** A chunk of a streamed answer. */
export const GEMINI_EVENT: Shape = answerOf(TEXT_PIECE)
