import {
  getVariableValues,
  GraphQLError,
  Kind,
  NoFragmentCyclesRule,
  parse,
  validate,
  type DocumentNode,
  type GraphQLSchema,
  type OperationDefinitionNode,
} from 'graphql'
import type { Problem } from '../format.ts'
import { isMap, pointer, type Json } from '../json-text.ts'

const tokensMax = 2000
const problemsMax = 50

/** What is wrong with a request as GraphQL over HTTP has it: `{"query": …, "variables": …, "operationName": …}`. */
export function requestProblems(schema: GraphQLSchema, payload: unknown): Problem[] {
  const request = payload as Json
  if (!isMap(request) || typeof request['query'] !== 'string')
    return [{ path: '', message: 'a request is an object with the text "query", and "variables" where it has some' }]
  if (!schema.getQueryType())
    return [{ path: '', message: 'the schema has no type Query: it is a part of others, and takes no requests' }]
  const document = documentOf(request['query'])
  if (document instanceof GraphQLError) return [problemOf(document)]
  const found = mistakes(schema, document)
  if (found.length > 0) return found.map(problemOf)
  const operation = operationOf(document, request['operationName'])
  if (!operation)
    return [{ path: '/operationName', message: 'it names none of the operations; a request with several names one' }]
  return variableProblems(schema, operation, request['variables'] ?? {})
}

/** Fragments that hold each other come first: the rule that compares fields would follow them without end. */
function mistakes(schema: GraphQLSchema, document: DocumentNode): readonly GraphQLError[] {
  const options = { maxErrors: problemsMax, hideSuggestions: true }
  const cycles = validate(schema, document, [NoFragmentCyclesRule], options)
  try {
    return cycles.length > 0 ? cycles : validate(schema, document, undefined, options)
  } catch (error) {
    if (error instanceof RangeError) return [new GraphQLError('its selections are nested too deep to be checked')]
    throw error
  }
}

function documentOf(query: string): DocumentNode | GraphQLError {
  try {
    return parse(query, { maxLexicalTokens: tokensMax, maxSourceLength: 100_000 })
  } catch (error) {
    if (error instanceof GraphQLError) return error
    throw error
  }
}

function problemOf({ message, locations }: GraphQLError): Problem {
  const [at] = locations ?? []
  return { path: '/query', message: `${at ? `${at.line}:${at.column}: ` : ''}${message.slice(0, 400)}` }
}

function operationOf(document: DocumentNode, name: Json | undefined): OperationDefinitionNode | undefined {
  const operations = document.definitions.filter((node) => node.kind === Kind.OPERATION_DEFINITION)
  if (name === undefined || name === null) return operations.length === 1 ? operations[0] : undefined
  return operations.find((operation) => operation.name?.value === name)
}

function variableProblems(schema: GraphQLSchema, operation: OperationDefinitionNode, variables: Json): Problem[] {
  if (!isMap(variables)) return [{ path: '/variables', message: 'the variables are an object' }]
  const { errors = [] } = getVariableValues(schema, operation.variableDefinitions ?? [], variables, {
    maxErrors: problemsMax,
    hideSuggestions: true,
  })
  return errors.map((error) => ({
    path: pointer('/variables', ...[/"\$(\w+)"/.exec(error.message)?.[1] ?? []].flat()),
    message: error.message.slice(0, 400),
  }))
}
