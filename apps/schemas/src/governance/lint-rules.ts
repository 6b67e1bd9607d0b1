import type { LintSeverity, SchemaKind } from '@plinth/contracts'
import { declaredNames } from './declared-names.ts'
import { hasWord, lastName, nameStyles } from './names.ts'
import type { Schema } from '../formats/format.ts'
import type { TaggedField } from './tags.ts'

/** What a rule looks at. */
export type Linted = {
  readonly subject: string
  readonly schema: Schema
  readonly fields: readonly TaggedField[]
  /** Of the subject as a whole. */
  readonly tags: readonly string[]
}
type LintOptions = { readonly style: string; readonly words: ReadonlySet<string> }
type Place = { readonly path: string; readonly message: string }

export type LintRule = {
  readonly id: string
  readonly title: string
  readonly description: string
  /** The languages that it is for; none: all. */
  readonly types: readonly SchemaKind[]
  readonly severity: LintSeverity
  readonly style?: string
  readonly styles?: readonly string[]
  readonly words?: readonly string[]
  check(linted: Linted, options: LintOptions): Place[]
}

const whole = (message: string): Place[] => [{ path: '', message }]
const fits = (name: string, style: string): boolean => (nameStyles[style] ?? /^/).test(name)
const each = (linted: Linted, wrong: (field: TaggedField, name: string) => string | undefined): Place[] =>
  linted.fields.flatMap((field) => {
    const message = wrong(field, lastName(field.path))
    return message === undefined ? [] : [{ path: field.path, message }]
  })

const personal = [
  'email', 'mail', 'iban', 'ssn', 'socialsecurity', 'passport', 'phone', 'mobile', 'telephone', 'birthdate', 'birthday',
  'dateofbirth', 'dob', 'firstname', 'lastname', 'surname', 'fullname', 'givenname', 'familyname', 'maidenname',
  'taxid', 'nationalid', 'creditcard', 'cardnumber', 'cvv', 'cvc', 'bankaccount', 'accountholder', 'street',
  'postaladdress', 'homeaddress', 'ipaddress', 'gender', 'ethnicity', 'religion', 'driverslicense', 'licenseplate',
] // prettier-ignore
const money = [
  'amount', 'price', 'cost', 'fee', 'balance', 'salary', 'total', 'subtotal', 'tax', 'vat', 'discount', 'payment',
  'credit', 'debit', 'premium', 'revenue', 'turnover',
] // prettier-ignore
const inexact = /^(?:float|double|real|number|Float!?)(?: \(|$)/
const isInexact = (type: string): boolean => type.split(' | ').some((branch) => inexact.test(branch))
/** Whether a field, or one that it is part of, has a tag; or the subject as a whole says that it is personal. */
function taggedIn({ tags, fields }: Linted): (path: string) => boolean {
  if (tags.some((tag) => tag.toLowerCase() === 'pii')) return () => true
  const tagged = new Set(fields.filter((field) => field.tags.length > 0).map(({ path }) => path))
  return (path) => {
    for (let end = path.length; end > 0; end--)
      if ((end === path.length || '.[{<'.includes(path[end] ?? '')) && tagged.has(path.slice(0, end))) return true
    return false
  }
}

/** The rules there are. By default none refuses anything: a project makes errors of those that it means. */
export const lintRules: readonly LintRule[] = [
  {
    id: 'subject-name',
    title: 'Subjects are named alike',
    description: 'The name of the subject has the style of the project: words with dots and hyphens unless it says otherwise.',
    types: [],
    severity: 'warn',
    style: 'dotted',
    styles: ['dotted', 'kebab', 'snake', 'topic', 'any'],
    check: ({ subject }, { style }) => (fits(subject, style) ? [] : whole(`the subject '${subject}' is not named in the style '${style}'`)),
  },
  {
    id: 'record-name',
    title: 'Records, messages and enums are named alike',
    description: 'The name of every record, message, type and enum has the style of the project.',
    types: ['AVRO', 'PROTOBUF', 'GRAPHQL'],
    severity: 'warn',
    style: 'pascal',
    styles: ['pascal', 'camel', 'snake', 'any'],
    check: ({ schema }, { style }) =>
      declaredNames(schema).flatMap(({ kind, name }) => (fits(name, style) ? [] : whole(`the ${kind} '${name}' is not named in the style '${style}'`))),
  },
  {
    id: 'field-name',
    title: 'Fields are named alike',
    description: 'The name of every field has the style of the project.',
    types: ['AVRO', 'JSON', 'PROTOBUF', 'GRAPHQL', 'SQL'],
    severity: 'warn',
    style: 'camel-or-snake',
    styles: ['camel-or-snake', 'camel', 'snake', 'kebab', 'any'],
    check: (linted, { style }) => each(linted, (_field, name) => (name === '' || fits(name, style) ? undefined : `'${name}' is not named in the style '${style}'`)),
  },
  {
    id: 'names-differ',
    title: 'No two fields differ by upper and lower case alone',
    description: 'Some languages and databases take two such names for one.',
    types: [],
    severity: 'warn',
    check(linted) {
      const seen = new Map<string, string>()
      return each(linted, ({ path }) => {
        const other = seen.get(path.toLowerCase())
        seen.set(path.toLowerCase(), path)
        return other === undefined || other === path ? undefined : `differs from '${other}' by upper and lower case alone`
      })
    },
  },
  {
    id: 'doc-required',
    title: 'The schema says what it is',
    description: 'The schema as a whole has a documentation: doc, description, or a comment above the message.',
    types: ['AVRO', 'JSON', 'PROTOBUF', 'OPENAPI', 'ASYNCAPI', 'GRAPHQL'],
    severity: 'warn',
    check: ({ schema }) => (schema.doc?.trim() ? [] : whole('nothing says what it is; add a documentation to the schema')),
  },
  {
    id: 'field-doc-required',
    title: 'Every field says what it is',
    description: 'Every field has a documentation of its own.',
    types: ['AVRO', 'JSON', 'PROTOBUF', 'GRAPHQL'],
    severity: 'off',
    check: (linted) => each(linted, ({ doc }) => (doc?.trim() ? undefined : 'nothing says what it is; document it')),
  },
  {
    id: 'optional-default',
    title: 'What may be left out has a default',
    description: 'A field that may be null has a default, so that it can be added and taken away without breaking anybody.',
    types: ['AVRO'],
    severity: 'warn',
    check: (linted) =>
      each(linted, ({ type, default: given }) =>
        given === undefined && type.split(' | ').includes('null') ? 'may be null and has no default; add "default": null' : undefined,
      ),
  },
  {
    id: 'enum-default',
    title: 'Enums have a value for what a reader does not know',
    description: 'An Avro enum has a default; the zero of a Protobuf enum is its unspecified or unknown value.',
    types: ['AVRO', 'PROTOBUF'],
    severity: 'warn',
    check: ({ schema }) =>
      declaredNames(schema).flatMap(({ kind, name, fallback }) =>
        kind === 'enum' && fallback === false
          ? whole(schema.kind === 'AVRO' ? `the enum '${name}' has no default; a new symbol would break its readers` : `the zero value of the enum '${name}' is none for what is unspecified or unknown`)
          : [],
      ),
  },
  {
    id: 'pii-tagged',
    title: 'What looks personal is tagged',
    description: 'A field with the name of personal data has a tag, such as PII, in the schema (confluent:tags) or beside it.',
    types: [],
    severity: 'warn',
    words: personal,
    check(linted, { words }) {
      const isTagged = taggedIn(linted)
      return each(linted, ({ path }, name) => {
        const word = hasWord(name, words)
        return word === undefined || isTagged(path) ? undefined : `looks like personal data ('${word}') and has no tag; tag it, as with "confluent:tags": ["PII"]`
      })
    },
  },
  {
    id: 'money-type',
    title: 'Money is no binary fraction',
    description: 'A field with the name of an amount of money is a decimal, a whole number of its smallest unit, or text.',
    types: [],
    severity: 'warn',
    words: money,
    check: (linted, { words }) =>
      each(linted, ({ type }, name) =>
        isInexact(type) && hasWord(name, words) !== undefined ? `is ${type}, which can't hold amounts exactly; use a decimal, a whole number of cents, or text` : undefined,
      ),
  },
] // prettier-ignore

export const lintRule = (id: string): LintRule | undefined => lintRules.find((rule) => rule.id === id)
