/** Where text stands in OpenAI Audio: https://platform.openai.com/docs/api-reference/audio, and in what is compatible with it. */
import { ERROR_MEMBERS } from './errors.ts'
import { LOGPROBS } from './openai-parts.ts'
import {
  AUDIO,
  either,
  FORM_FILE,
  list,
  object,
  type Shape,
  same,
  TEXT,
  TEXT_OR_TEXTS,
  TEXT_PIECE,
  WORDS,
  words
} from './shape.ts'

/** A request for speech, or for a transcription: that is a form, whose parts have the same names. */
export const AUDIO_REQUEST: Shape = object({
  ...words('model response_format stream_format language timestamp_granularities timestamp_granularities[]'),
  ...same('include include[] chunking_strategy voice output_format', WORDS),
  ...same('input prompt instructions', { ...TEXT, role: 'user' }),
  ...same(
    'file file_url audio known_speaker_references known_speaker_references[]',
    either(AUDIO, FORM_FILE, list(AUDIO))
  ),
  ...same('known_speaker_names known_speaker_names[]', TEXT),
  ...same('temperature speed user', TEXT),
  ...same('keywords keywords[]', TEXT_OR_TEXTS),
  ...same('languages languages[]', WORDS),
  provider: WORDS
})

const SEGMENT: Shape = object({ ...same('text word speaker', TEXT), ...words('id type speaker_id') })

/** A transcription, speech in base64 (Mistral), or an error. */
export const AUDIO_RESPONSE: Shape = object(
  {
    ...ERROR_MEMBERS,
    ...words('task language model'),
    text: TEXT,
    audio_data: AUDIO,
    ...same('segments words', list(SEGMENT)),
    logprobs: list(LOGPROBS),
    ...same('usage x_groq metadata languages', WORDS)
  },
  TEXT
)

/** An event of a transcription or of speech. */
export const AUDIO_EVENT: Shape = object({
  ...ERROR_MEMBERS,
  delta: TEXT_PIECE,
  ...same('text speaker', TEXT),
  ...same('audio audio_data', AUDIO),
  ...words('model language segment_id id speaker_id'),
  logprobs: list(LOGPROBS),
  segments: list(SEGMENT),
  ...same('usage languages', WORDS)
})
