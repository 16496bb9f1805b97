/** Where text stands in a JSON Schema, which tools and structured answers are described with. Knows no dialect. */
import { either, FREE, list, named, object, recursive, type Shape, same, TEXT, WORD_OR_WORDS, words } from './shape.ts'

/**
 * A schema of any draft, or OpenAPI's, as Gemini takes it. Its descriptions are read by the model, its names and values
 * were chosen by whoever wrote the tool, and keywords that are not known are taken for text.
 */
export const JSON_SCHEMA: Shape = recursive(self => {
  const schemas = named(self)
  return object(
    {
      ...words('$ref $schema $id $anchor $dynamicRef $dynamicAnchor format contentEncoding contentMediaType'),
      type: WORD_OR_WORDS,
      ...same('title description $comment pattern', TEXT),
      ...same('required propertyOrdering property_ordering', list(TEXT)),
      ...same('properties patternProperties $defs definitions defs dependentSchemas', schemas),
      ...same('items not if then else contains propertyNames', either(self, list(self))),
      ...same('additionalProperties unevaluatedProperties unevaluatedItems additionalItems', self),
      ...same('anyOf any_of oneOf allOf prefixItems', list(self)),
      ...same('default const example examples enum', FREE)
    },
    { ...FREE, role: 'definition' }
  )
})
