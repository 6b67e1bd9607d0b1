import {
  isInputObjectType,
  isInterfaceType,
  isNonNullType,
  isObjectType,
  isRequiredArgument,
  isRequiredInputField,
  isScalarType,
  type GraphQLArgument,
  type GraphQLInputField,
  type GraphQLSchema,
} from 'graphql'
import type { Change } from './compare.ts'

/** What `findSchemaChanges` does not call breaking, and makes requests fail all the same that were good. */
export function missed(reader: GraphQLSchema, writer: GraphQLSchema): Change[] {
  return [...operations(reader, writer), ...defaults(reader, writer), ...oneOfs(reader, writer)]
}

function operations(reader: GraphQLSchema, writer: GraphQLSchema): Change[] {
  return (
    [
      ['query', writer.getQueryType(), reader.getQueryType()],
      ['mutation', writer.getMutationType(), reader.getMutationType()],
      ['subscription', writer.getSubscriptionType(), reader.getSubscriptionType()],
    ] as const
  ).flatMap(([path, before, now]) => {
    if (!before || before.name === now?.name) return []
    return now
      ? [{ rule: 'OPERATION_CHANGED_TYPE', path, said: `A ${path} asked ${before.name} and asks ${now.name} now.` }]
      : [{ rule: 'OPERATION_REMOVED', path, said: `There is no ${path} any more.` }]
  })
}

type Input = GraphQLArgument | GraphQLInputField

/** An argument or input field that may be left out only because it has a default. */
function defaults(reader: GraphQLSchema, writer: GraphQLSchema): Change[] {
  const now = inputsOf(reader)
  return [...inputsOf(writer)].flatMap(([path, { input: before, required: was }]) => {
    const found = now.get(path)
    // One whose type did not have to be given is told by the library as a changed type.
    if (!found?.required || was || !isNonNullType(before.type)) return []
    return [{ rule: 'DEFAULT_VALUE_REMOVED', path, said: `${path} has no default any more, and must be given now.` }]
  })
}

function inputsOf(schema: GraphQLSchema): Map<string, { input: Input; required: boolean }> {
  const all = new Map<string, { input: Input; required: boolean }>()
  const addAll = (args: readonly GraphQLArgument[]): void => {
    for (const arg of args) all.set(String(arg), { input: arg, required: isRequiredArgument(arg) })
  }
  for (const type of Object.values(schema.getTypeMap())) {
    if (isInputObjectType(type))
      for (const field of Object.values(type.getFields()))
        all.set(String(field), { input: field, required: isRequiredInputField(field) })
    if (isObjectType(type) || isInterfaceType(type))
      for (const field of Object.values(type.getFields())) addAll(field.args)
  }
  for (const directive of schema.getDirectives()) addAll(directive.args)
  return all
}

function oneOfs(reader: GraphQLSchema, writer: GraphQLSchema): Change[] {
  return Object.values(reader.getTypeMap()).flatMap((type) => {
    const before = writer.getType(type.name)
    if (!isInputObjectType(type) || !isInputObjectType(before) || !type.isOneOf || before.isOneOf) return []
    return [{ rule: 'INPUT_BECAME_ONE_OF', path: type.name, said: `${type.name} takes exactly one of its fields now.` }]
  })
}

/** Custom scalars whose `@specifiedBy` says something else now: the same values mean something else. */
export function specifications(reader: GraphQLSchema, writer: GraphQLSchema): Change[] {
  return Object.values(reader.getTypeMap()).flatMap((type) => {
    const before = writer.getType(type.name)
    if (!isScalarType(type) || !isScalarType(before) || type.specifiedByURL === before.specifiedByURL) return []
    const change = `${before.specifiedByURL ?? 'nothing'} → ${type.specifiedByURL ?? 'nothing'}`
    return [{ rule: 'SCALAR_SPECIFICATION_CHANGED', path: type.name, said: `${type.name} is specified by ${change}.` }]
  })
}
