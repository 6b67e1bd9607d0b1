import type { SchemaKind } from '@plinth/contracts'

/** A schema's text, and the texts that it refers to, each under the name by which it does; what is needed comes first. */
export type Source = { readonly text: string; readonly references: readonly NamedText[] }
export type NamedText = { readonly name: string; readonly text: string }

/**
 * How compatibility is judged: STRICT and LENIENT as Confluent's registry does under these names, EXACT tells besides
 * what those never compare (decimals, logical types, patternProperties, conditions, formats, JSON names, …).
 */
export type Policy = 'STRICT' | 'LENIENT' | 'EXACT'

/** One reason why a reader can't read what a writer wrote. */
export type Incompatibility = {
  /** In the words of the language's reference: `READER_FIELD_MISSING_DEFAULT_VALUE`, `FIELD_SCALAR_KIND_CHANGED`. */
  readonly rule: string
  /** JSON pointer, or the language's own way to name a place, in the reader; `writerPath` in the writer where it differs. */
  readonly path: string
  readonly writerPath?: string
  /** What breaks, and for whom. */
  readonly message: string
  /** The smallest change of the newer schema that would pass. */
  readonly edit?: string
  /** A payload as JSON text that is valid under one of the two and not under the other. */
  readonly example?: { readonly payload: string; readonly validUnder: 'reader' | 'writer' }
}

export type Problem = { readonly path: string; readonly message: string }

/** One field as documentation, search, tags and lint rules see it. */
export type Field = {
  /** Dotted, with `[]` for items and `{}` for values of maps: `entry.lines[].amount`. */
  readonly path: string
  readonly type: string
  readonly required: boolean
  readonly doc?: string
  readonly default?: string
  /** Classifications written into the schema itself, such as `confluent:tags`. */
  readonly tags?: readonly string[]
}

/** A schema that was read and found good. */
export type Schema = {
  readonly kind: SchemaKind
  /** Two texts that mean the same to a reader, but for the order of what has an order, have the same one. */
  readonly canonical: string
  /** `normalize=true`: also independent of the order of properties and the like. */
  normalized(): string
  /** `format=…` of Confluent's API: `resolved`, `serialized`, `ignore_extensions`; the canonical text for any other word. */
  render(format: string): string
  /** What is wrong with a payload (a JSON value; Avro and Protobuf in their JSON encodings); undefined where payloads have no sense. */
  problems(payload: unknown): readonly Problem[] | undefined
  fields(): readonly Field[]
  /** The title or name, and what it says of itself. */
  readonly title?: string
  readonly doc?: string
}

/** A schema language. Nothing in it fetches anything; what is hostile is refused within limits. */
export type Format = {
  /** Throws schemas.schema_invalid with the place. */
  parse(source: Source): Schema
  /** Empty where everything that `writer` allows is read by `reader`; all reasons otherwise. */
  unreadable(reader: Schema, writer: Schema, policy: Policy, newer?: Newer): readonly Incompatibility[]
}

/** Which of two schemas came later, where that is known: EXACT says what only time makes wrong, such as a number used again. */
export type Newer = 'reader' | 'writer'

/** A language as its owner writes it: over its own model, which nobody else sees. */
export type Language<Model> = {
  readonly kind: SchemaKind
  read(source: Source): Model
  canonical(model: Model): string
  normalized?(model: Model): string
  render?(model: Model, format: string): string | undefined
  problems?(model: Model, payload: unknown): readonly Problem[]
  fields(model: Model): readonly Field[]
  describe?(model: Model): { title?: string; doc?: string }
  unreadable(reader: Model, writer: Model, policy: Policy, newer?: Newer): readonly Incompatibility[]
}

export function formatOf<Model>(language: Language<Model>): Format {
  const models = new WeakMap<Schema, Model>()
  const modelOf = (schema: Schema): Model => {
    const model = models.get(schema)
    if (model === undefined) throw new Error(`a schema of ${schema.kind} was given to ${language.kind}`)
    return model
  }
  return {
    parse(source) {
      const model = language.read(source)
      const canonical = language.canonical(model)
      const schema: Schema = {
        kind: language.kind,
        canonical,
        normalized: () => language.normalized?.(model) ?? canonical,
        render: (format) => language.render?.(model, format) ?? canonical,
        problems: (payload) => language.problems?.(model, payload),
        fields: () => language.fields(model),
        ...language.describe?.(model),
      }
      models.set(schema, model)
      return schema
    },
    unreadable: (reader, writer, policy, newer) => language.unreadable(modelOf(reader), modelOf(writer), policy, newer),
  }
}
