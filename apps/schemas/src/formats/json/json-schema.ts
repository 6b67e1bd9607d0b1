import { formatOf, type Incompatibility, type Policy } from '../format.ts'
import { differencesOf } from './diff/differences.ts'
import { compatibleLenient, compatibleStrict } from './diff/rules.ts'
import { shapesOf } from './diff/shape.ts'
import { wordsOf } from './diff/words.ts'
import { uncontained } from './exact/containment.ts'
import { withExamples } from './example/examples.ts'
import { canonicalText, normalizedText } from './json-canonical.ts'
import { readDocument, type JsonDocument } from './json-document.ts'
import { fieldsOf } from './json-fields.ts'
import { mapOf } from './json-keywords.ts'
import { problemsOf } from './json-validate.ts'

/** More reasons than these help nobody; the answer that carries them stays small. */
const reasonsMax = 200

/** JSON Schema, drafts 4 to 2020-12. */
export const jsonSchemaFormat = formatOf<JsonDocument>({
  kind: 'JSON',
  read: readDocument,
  canonical: ({ text }) => canonicalText(text),
  normalized: ({ text }) => normalizedText(text),
  problems: problemsOf,
  fields: fieldsOf,
  describe({ root }) {
    const { title, description } = mapOf(root)
    return {
      ...(typeof title === 'string' && { title }),
      ...(typeof description === 'string' && { doc: description }),
    }
  },
  unreadable: (reader, writer, policy) => withExamples(reader, writer, reasons(reader, writer, policy)),
})

function reasons(reader: JsonDocument, writer: JsonDocument, policy: Policy): readonly Incompatibility[] {
  if (policy === 'EXACT') return uncontained(reader, writer).slice(0, reasonsMax)
  const compatible = policy === 'LENIENT' ? compatibleLenient : compatibleStrict
  const found = differencesOf(shapesOf(writer), shapesOf(reader), compatible)
  if (found.compatible) return []
  return found.differences
    .filter(({ rule }) => !compatible.has(rule))
    .slice(0, reasonsMax)
    .map((difference) => ({
      rule: difference.rule,
      path: difference.path,
      ...(difference.writerPath !== difference.path && { writerPath: difference.writerPath }),
      ...wordsOf(difference),
    }))
}
