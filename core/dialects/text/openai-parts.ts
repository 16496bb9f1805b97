/**
 * Where text stands in the pieces that OpenAI's APIs have in common: sources,
 * filters, probabilities, tools. Whose addition a member is stands beside it.
 */
import { JSON_SCHEMA } from './json-schema.ts'
import {
  either,
  FILE,
  FREE,
  IMAGE,
  LINK,
  list,
  named,
  object,
  recursive,
  SECRET,
  type Shape,
  same,
  TEXT,
  TOKEN,
  WORD,
  WORD_OR_WORDS,
  WORDS,
  words
} from './shape.ts'

/** Tokens beside their probabilities: of chat, and of the older text API with its parallel lists. */
export const LOGPROBS: Shape = recursive(self => {
  const tokenNames: Shape = TOKEN.string === undefined ? {} : { names: TOKEN.string }
  return object({
    token: TOKEN,
    tokens: list(TOKEN),
    ...same('content refusal', list(self)),
    // Lists of tokens in chat; in the text API objects that have tokens for names.
    top_logprobs: list(object({ token: TOKEN, ...words('logprob bytes token_id') }, tokenNames))
  })
})

/** A page or a file that an answer was made from, cited or found. Perplexity and xAI cite with bare links. */
export const SOURCE: Shape = recursive(self =>
  object(
    {
      ...words(
        'type id file_id container_id date last_updated source media_type license chunk_id doc_id published_date'
      ),
      ...same('title content snippet text quote filename filepath cited_text name', TEXT),
      ...same('url URL uri origin_url', LINK),
      ...same('image_url favicon thumbnail', IMAGE),
      images: list(either(IMAGE, self)),
      ...same('url_citation file_citation container_file_citation file_path document web', self)
    },
    LINK
  )
)

/** Results of content filters (https://learn.microsoft.com/azure/ai-foundry/openai/concepts/content-filter): words, and what protected material was found. */
export const FILTERS: Shape = recursive(self => object({ citation: SOURCE }, { ...WORD, others: self, items: self }))

/** Where somebody is, for a search (https://platform.openai.com/docs/guides/tools-web-search#user-location). */
export const USER_LOCATION: Shape = recursive(self =>
  object({ type: WORD, approximate: self, ...same('city country region timezone', TEXT) })
)

/** The grammar of a custom tool, and formats of answers (https://platform.openai.com/docs/guides/structured-outputs). */
export const FORMAT: Shape = recursive(self =>
  object(
    {
      ...words('type syntax name'),
      ...same('description definition', TEXT),
      grammar: either(TEXT, self),
      schema: JSON_SCHEMA,
      json_schema: self
    },
    { ...WORD, role: 'definition' }
  )
)

/** Members of a function: in chat inside the tool, in the Responses API and elsewhere the tool itself. */
const FUNCTION: Readonly<Record<string, Shape>> = {
  ...words('type name namespace'),
  description: TEXT,
  parameters: JSON_SCHEMA,
  ...same('input_schema inputSchema output_schema returns', JSON_SCHEMA),
  // Cohere, version 1.
  parameter_definitions: FREE,
  format: FORMAT
}

/** A tool of chat or of the Responses API, built-in ones with their settings included (https://platform.openai.com/docs/guides/tools). */
export const TOOL: Shape = recursive(self =>
  object(
    {
      ...FUNCTION,
      function: object(FUNCTION),
      custom: object(FUNCTION),
      tools: list(self),
      // Remote MCP servers and connectors.
      ...words('server_label connector_id tunnel_id'),
      allowed_callers: WORDS,
      server_description: TEXT,
      server_url: LINK,
      authorization: SECRET,
      headers: named(SECRET),
      ...same('allowed_tools require_approval', WORDS),
      // Code, files, shells.
      container: object(
        {
          ...same('type id file_ids memory_limit status', WORDS),
          network_policy: object({
            type: WORD,
            allowed_domains: list(TEXT),
            domain_secrets: list(object({ ...words('domain name'), value: SECRET }))
          }),
          skills: list(
            object({
              ...words('type skill_id version name'),
              description: TEXT,
              source: object({ ...words('type media_type'), data: FILE })
            })
          )
        },
        WORD
      ),
      environment: WORDS,
      ...same('vector_store_ids collection_ids ranking_options max_num_results', WORDS),
      filters: FREE,
      // Searches: OpenAI's, and those of xAI by X handles.
      ...words('search_context_size from_date to_date return_token_budget'),
      search_content_types: WORD_OR_WORDS,
      user_location: USER_LOCATION,
      ...same('allowed_domains excluded_domains allowed_x_handles excluded_x_handles allowed_websites', list(TEXT)),
      // Images.
      ...words('background model moderation output_format quality size input_fidelity action execution complexity'),
      svg: WORDS,
      annotations: FREE,
      input_image_mask: object({ file_id: WORD, image_url: IMAGE })
    },
    { role: 'definition' }
  )
)

/** Which tool to call: a word, a tool, or a list of allowed ones. */
export const TOOL_CHOICE: Shape = WORDS
