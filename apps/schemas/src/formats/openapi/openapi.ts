import { formatOf } from '../format.ts'
import { canonical, isMap } from '../json-text.ts'
import { unreadable } from './compare.ts'
import { exchangeProblems } from './exchange.ts'
import { fieldsOf } from './fields.ts'
import type { Api } from './model.ts'
import { readOpenapi } from './read.ts'

/** OpenAPI 3.0 to 3.2, as JSON or YAML; callbacks are not compared. A payload is a request, or an answer to one. */
export const openapiFormat = formatOf<Api>({
  kind: 'OPENAPI',
  read: readOpenapi,
  canonical: ({ own }) => JSON.stringify(own),
  normalized: ({ own }) => canonical(own),
  problems: exchangeProblems,
  fields: fieldsOf,
  describe({ own: { info } }) {
    const { title, description } = isMap(info) ? info : {}
    return {
      ...(typeof title === 'string' && { title }),
      ...(typeof description === 'string' && { doc: description }),
    }
  },
  unreadable,
})
