import type { Json } from '../../json-text.ts'
import type { Difference } from './context.ts'
import type { Rule } from './rules.ts'

export type Words = { readonly message: string; readonly edit: string }
type Speaker = (difference: Spoken) => readonly [message: string, edit: string]
type Spoken = { readonly name: string; readonly keyword: string; readonly before: string; readonly after: string }

const short = (value: Json | undefined): string => {
  if (value === undefined) return 'nothing'
  if (Array.isArray(value) && value.length > 0) {
    const told = value.slice(0, 5).map((item) => JSON.stringify(item))
    return `${told.join(', ')}${value.length > 5 ? `, and ${value.length - 5} more` : ''}`.slice(0, 300)
  }
  return (typeof value === 'string' ? value : JSON.stringify(value)).slice(0, 200)
}

/** What a difference means for whoever reads, and the smallest change that would let it pass. */
export function wordsOf(difference: Difference): Words {
  const keyword = difference.path.split('/').findLast((token) => token !== '') ?? ''
  const { rule, name = keyword, before, after } = difference
  const speaker = speakers[rule] ?? family(rule)
  const [message, edit] = speaker({ name, keyword, before: short(before), after: short(after) })
  return { message, edit }
}

/** The rules that come once per keyword. */
function family(rule: Rule): Speaker {
  if (rule.startsWith('ADDITIONAL_') || rule.startsWith('UNEVALUATED_')) {
    const what = rule.includes('ITEMS') ? 'items' : 'properties'
    return rule.endsWith('REMOVED')
      ? ({ keyword }) => [
          `${what} that are not listed were allowed by the writer, and the reader refuses them`,
          `take "${keyword}": false out of the reader, or close the writer first and let no such ${what} be written`,
        ]
      : ({ keyword }) => [
          `${what} that are not listed could be anything for the writer, and the reader takes only some`,
          `let "${keyword}" of the reader be what it was`,
        ]
  }
  return rule.endsWith('ADDED')
    ? ({ keyword, after }) => [
        `the reader has ${keyword} ${after}, and the writer had no such limit`,
        `take ${keyword} out of the reader, or give the writer the same limit first`,
      ]
    : ({ keyword, before, after }) => [
        `${keyword} is ${after} for the reader and was ${before} for the writer: what is between them was written and is refused`,
        `let ${keyword} of the reader be ${before}`,
      ]
}

const openAddition =
  (what: string): Speaker =>
  ({ name }) => [
    `the writer doesn't describe ${name} and allows ${what} that it doesn't list, so anything may have been written there`,
    `close the writer ("additionalProperties": false) before ${name} is added, give ${name} another name, or judge this subject as LENIENT`,
  ]

const speakers: Readonly<Partial<Record<Rule, Speaker>>> = {
  SCHEMA_ADDED: ({ keyword }) => [
    `${keyword} were not described and could be anything; the reader describes them`,
    `take the schema of ${keyword} out of the reader`,
  ],
  TYPE_NARROWED: ({ before, after }) => [
    `${before} was written and only ${after} is read: 1.5 would be refused`,
    `let the type be ${before}`,
  ],
  TYPE_CHANGED: ({ before, after }) => [
    before === after ? `the type is not the same any more` : `${before} was written and ${after} is read`,
    `let the reader also take ${before}, for example with "anyOf", or put the new type under a new name`,
  ],
  PATTERN_ADDED: ({ after }) => [
    `the reader wants text that matches ${after}, and the writer took any`,
    'take the pattern out of the reader, or give it to the writer first',
  ],
  PATTERN_CHANGED: ({ before, after }) => [
    `text that matches ${before} was written, and the reader wants it to match ${after}`,
    `let the pattern be ${before}`,
  ],
  MULTIPLE_OF_ADDED: ({ after }) => [
    `the reader takes only multiples of ${after}`,
    'take multipleOf out of the reader',
  ],
  MULTIPLE_OF_EXPANDED: ({ before, after }) => [
    `multiples of ${before} were written, and the reader takes only those of ${after}`,
    `let multipleOf be ${before}`,
  ],
  MULTIPLE_OF_CHANGED: ({ before, after }) => [
    `multiples of ${before} were written, and the reader takes those of ${after}`,
    `let multipleOf be ${before}, or a number that divides it`,
  ],
  REQUIRED_ATTRIBUTE_ADDED: ({ name }) => [
    `${name} is required by the reader, and what was written may lack it`,
    `let ${name} be optional in the reader, or give it a default`,
  ],
  DEPENDENCY_ARRAY_ADDED: ({ name, after }) => [
    `with ${name} the reader also requires ${after}`,
    `take the dependency of ${name} out of the reader`,
  ],
  DEPENDENCY_ARRAY_EXTENDED: ({ name, before, after }) => [
    `with ${name} the reader requires ${after}, the writer only ${before}`,
    `let ${name} require no more than ${before}`,
  ],
  DEPENDENCY_ARRAY_CHANGED: ({ name, before, after }) => [
    `with ${name} the reader requires ${after}, the writer required ${before}`,
    `let ${name} require no more than ${before}`,
  ],
  DEPENDENCY_SCHEMA_ADDED: ({ name }) => [
    `with ${name} the reader has conditions that the writer didn't have`,
    `take the dependency of ${name} out of the reader`,
  ],
  REQUIRED_PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL: ({ name }) => [
    `${name} is required by the reader, and the writer doesn't know it: what was written lacks it`,
    `let ${name} be optional with a default, and close the writer ("additionalProperties": false) before it is added`,
  ],
  REQUIRED_PROPERTY_WITH_DEFAULT_ADDED_TO_OPEN_CONTENT_MODEL: openAddition('properties'),
  OPTIONAL_PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL: openAddition('properties'),
  REQUIRED_PROPERTY_ADDED_TO_UNOPEN_CONTENT_MODEL: ({ name }) => [
    `${name} is required by the reader, and the writer doesn't write it`,
    `let ${name} be optional in the reader, or give it a default`,
  ],
  PROPERTY_REMOVED_FROM_CLOSED_CONTENT_MODEL: ({ name }) => [
    `${name} may have been written, and the reader allows no properties that it doesn't list`,
    `keep ${name} in the reader, or let the reader allow additional properties`,
  ],
  PROPERTY_REMOVED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL: ({ name }) => [
    `${name} may have been written, and what the reader allows for properties that it doesn't list doesn't fit it`,
    `keep ${name} in the reader`,
  ],
  PROPERTY_ADDED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL: ({ name }) => [
    `${name} could be written as one of the properties that the writer doesn't list, and the reader wants it otherwise`,
    `describe ${name} in the reader as the writer's other properties are described, or give it another name`,
  ],
  UNIQUE_ITEMS_ADDED: () => ['the same item twice was allowed', 'take uniqueItems out of the reader'],
  ITEM_ADDED_TO_OPEN_CONTENT_MODEL: ({ keyword }) => [
    `item ${keyword} was not described and could be anything`,
    'let the writer end its list first ("additionalItems", since 2020-12 "items": false), or leave the item out',
  ],
  ITEM_REMOVED_FROM_CLOSED_CONTENT_MODEL: ({ keyword }) => [
    `item ${keyword} may have been written, and the reader allows no more items than it lists`,
    'keep the item in the reader, or let it allow more items',
  ],
  ITEM_REMOVED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL: ({ keyword }) => [
    `item ${keyword} may have been written, and the reader's schema for further items doesn't fit it`,
    'keep the item in the reader',
  ],
  ITEM_ADDED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL: ({ keyword }) => [
    `item ${keyword} was described by the writer's schema for further items, and the reader wants it otherwise`,
    "describe the item as the writer's further items are described",
  ],
  ENUM_ARRAY_NARROWED: ({ before }) => [`${before} was allowed and is not any more`, `keep ${before}`],
  ENUM_ARRAY_CHANGED: ({ before, after }) => [
    `${before} was allowed, and the reader takes ${after} instead`,
    `keep ${before} beside ${after} (an enum of both)`,
  ],
  COMBINED_TYPE_CHANGED: ({ before, after }) => [
    `${before} of the writer became ${after}, which is narrower`,
    `keep ${before}, or use anyOf`,
  ],
  PRODUCT_TYPE_EXTENDED: () => [
    'the reader has more conditions that must all hold than the writer',
    'take the added branch of allOf out of the reader',
  ],
  SUM_TYPE_NARROWED: () => [
    'the writer has more alternatives than the reader takes',
    'keep all alternatives of the writer in the reader',
  ],
  COMBINED_TYPE_SUBSCHEMAS_CHANGED: () => [
    'the branches of the writer do not each have one of the reader that takes it',
    'keep the branches as they were, and add new ones beside them',
  ],
  NOT_TYPE_EXTENDED: () => ['the reader excludes more than the writer did', 'let "not" be what it was'],
  TOO_COMPLEX: () => [
    'the two can not be compared within the limits',
    'give the schema fewer references that lead to one another, or set the compatibility to NONE',
  ],
}
