import {
  isInputObjectType,
  isInterfaceType,
  isNonNullType,
  isObjectType,
  print,
  valueFromASTUntyped,
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLInputField,
} from 'graphql'
import type { Field } from '../format.ts'
import type { GraphqlModel } from './read.ts'

const fieldsMax = 5000

/** Fields of types and of inputs, and arguments below their fields: `Query.user.id`. Types of referenced texts are theirs. */
export function fieldsOf({ own, schema }: GraphqlModel): Field[] {
  const all: Field[] = []
  const names = new Set(own.definitions.flatMap((node) => ('name' in node && node.name ? [node.name.value] : [])))
  for (const name of names) {
    const type = schema.getType(name)
    if (isObjectType(type) || isInterfaceType(type))
      for (const field of Object.values(type.getFields()))
        all.push(
          fieldOf(field, String(field)),
          ...field.args.map((arg) => fieldOf(arg, `${String(field)}.${arg.name}`)),
        )
    else if (isInputObjectType(type))
      all.push(...Object.values(type.getFields()).map((field) => fieldOf(field, String(field))))
    if (all.length >= fieldsMax) break
  }
  return all.slice(0, fieldsMax)
}

function fieldOf(field: GraphQLField<unknown, unknown> | GraphQLArgument | GraphQLInputField, path: string): Field {
  const fallback = field.astNode && 'defaultValue' in field.astNode ? field.astNode.defaultValue : undefined
  const tags = tagsOf(field)
  return {
    path,
    type: String(field.type),
    required: isNonNullType(field.type) && fallback === undefined,
    ...docOf(field),
    ...(fallback && { default: print(fallback) }),
    ...(tags.length > 0 && { tags }),
  }
}

const docOf = ({ description }: { description?: string | null | undefined }): { doc?: string } =>
  typeof description === 'string' ? { doc: description } : {}

/** What `@tag(name: "…")` says, as federated schemas have it. */
const tagsOf = ({
  astNode,
}: Pick<GraphQLArgument, 'astNode'> | Pick<GraphQLField<unknown, unknown>, 'astNode'>): string[] =>
  (astNode?.directives ?? [])
    .filter(({ name }) => name.value === 'tag')
    .flatMap((directive) => directive.arguments ?? [])
    .filter(({ name }) => name.value === 'name')
    .map(({ value }) => valueFromASTUntyped(value))
    .filter((tag): tag is string => typeof tag === 'string')
