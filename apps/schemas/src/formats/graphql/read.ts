import {
  buildASTSchema,
  Kind,
  Lexer,
  parse,
  Source as GraphqlSource,
  TokenKind,
  validateSchema,
  type DocumentNode,
  type GraphQLError,
  type GraphQLSchema,
} from 'graphql'
import { validateSDL } from 'graphql/validation/validate.js'
import type { NamedText, Source } from '../format.ts'
import { invalid } from '../json-text.ts'
import { refuseUnknown } from './known-names.ts'
import { refusal } from './refusal.ts'

/** A schema in GraphQL's schema definition language; `schema` has the types of referenced texts too. */
export type GraphqlModel = { readonly own: DocumentNode; readonly schema: GraphQLSchema }

const charactersMax = 1_048_576
const tokensMax = 200_000
const depthMax = 50
const definitionsMax = 10_000

/** Reads a schema and what it refers to; throws schemas.schema_invalid with line and column. Nothing is fetched. */
export function readGraphql({ text, references }: Source): GraphqlModel {
  const size = references.reduce((sum, reference) => sum + reference.text.length, text.length)
  if (size > charactersMax) throw invalid('', `with its references it has more than ${charactersMax} characters`)
  const own = readText({ name: '', text })
  const others = new Map(references.map((reference) => [reference.text, reference]))
  others.delete(text)
  const whole = join([...[...others.values()].map(readText), own])
  refuseUnknown(whole)
  refuse(validateSDL(whole))
  const schema = built(whole)
  // Types that only other subjects use are a good schema, although nothing can be asked of it alone.
  refuse(validateSchema(schema).filter(({ message }) => message !== 'Query root type must be provided.'))
  return { own, schema }
}

const join = (documents: readonly DocumentNode[]): DocumentNode => ({
  kind: Kind.DOCUMENT,
  definitions: documents.flatMap(({ definitions }) => definitions),
})

function built(document: DocumentNode): GraphQLSchema {
  try {
    return buildASTSchema(document, { assumeValidSDL: true })
  } catch (error) {
    throw refusal(error)
  }
}

function readText({ name, text }: NamedText): DocumentNode {
  const source = new GraphqlSource(text, name)
  try {
    refuseDeep(source)
    const document = parse(source)
    if (document.definitions.length > definitionsMax)
      throw invalid('', `it has more than ${definitionsMax} definitions`)
    return document
  } catch (error) {
    throw refusal(error)
  }
}

/** The parser goes down into what is nested; the lexer does not. */
function refuseDeep(source: GraphqlSource): void {
  const lexer = new Lexer(source)
  const opening: ReadonlySet<string> = new Set([TokenKind.BRACE_L, TokenKind.BRACKET_L, TokenKind.PAREN_L])
  const closing: ReadonlySet<string> = new Set([TokenKind.BRACE_R, TokenKind.BRACKET_R, TokenKind.PAREN_R])
  let depth = 0
  for (let count = 0; lexer.advance().kind !== TokenKind.EOF; count++) {
    const { kind, line, column } = lexer.token
    if (opening.has(kind)) depth++
    if (closing.has(kind)) depth--
    if (depth > depthMax) throw invalid(`${line}:${column}`, `it is nested more than ${depthMax} deep`)
    if (count >= tokensMax) throw invalid('', `it has more than ${tokensMax} tokens`)
  }
}

function refuse([first]: readonly GraphQLError[]): void {
  if (first) throw refusal(first)
}
