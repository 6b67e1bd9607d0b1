import { formatOf } from '../format.ts'
import { mapOf } from '../json/json-keywords.ts'
import { canonical } from '../json-text.ts'
import { unreadable } from './compare.ts'
import { eventProblems } from './events.ts'
import { fieldsOf } from './fields.ts'
import type { Events } from './model.ts'
import { readAsyncapi } from './read.ts'

/** AsyncAPI 2 and 3, as JSON or YAML, with payloads in JSON Schema, Avro or Protobuf. A payload is an event. */
export const asyncapiFormat = formatOf<Events>({
  kind: 'ASYNCAPI',
  read: readAsyncapi,
  canonical: ({ own }) => JSON.stringify(own),
  normalized: ({ own }) => canonical(own),
  problems: eventProblems,
  fields: fieldsOf,
  describe({ own }) {
    const { title, description } = mapOf(own['info'])
    return {
      ...(typeof title === 'string' && { title }),
      ...(typeof description === 'string' && { doc: description }),
    }
  },
  unreadable,
})
