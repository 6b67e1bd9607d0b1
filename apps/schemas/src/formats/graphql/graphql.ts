import { formatOf } from '../format.ts'
import { unreadable } from './compare.ts'
import { fieldsOf } from './fields.ts'
import { readGraphql, type GraphqlModel } from './read.ts'
import { requestProblems } from './requests.ts'
import { canonicalText, normalizedText } from './text.ts'

/** GraphQL schemas in their definition language; referenced texts are definitions that belong to it. A payload is a request. */
export const graphqlFormat = formatOf<GraphqlModel>({
  kind: 'GRAPHQL',
  read: readGraphql,
  canonical: ({ own }) => canonicalText(own),
  normalized: ({ own }) => normalizedText(own),
  problems: ({ schema }, payload) => requestProblems(schema, payload),
  fields: fieldsOf,
  describe: ({ schema: { description } }) => (typeof description === 'string' ? { doc: description } : {}),
  unreadable,
})
