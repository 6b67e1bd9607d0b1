import {
  isAbstractType,
  isCompositeType,
  isEnumType,
  isInputObjectType,
  isObjectType,
  isRequiredArgument,
  parseValue,
  valueFromASTUntyped,
  type GraphQLArgument,
  type GraphQLDirective,
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLSchema,
} from 'graphql'
import type { Change } from './compare.ts'
import { fieldText, literal, objectText, reachOf, selectionOf, type Reach, type Way } from './reach.ts'
import { requestProblems } from './requests.ts'

const triesMax = 40

type Request = { query: string; variables?: Record<string, unknown> }

/** A request that is good by the writer's schema and is seen to be refused by the reader's; none is better than a wrong one. */
export function exampleOf({ path }: Change, reader: GraphQLSchema, writer: GraphQLSchema): string | undefined {
  let tries = 0
  for (const request of candidates(path, writer)) {
    if (tries++ >= triesMax) return undefined
    if (requestProblems(writer, request).length === 0 && requestProblems(reader, request).length > 0)
      return JSON.stringify(request)
  }
  return undefined
}

function* candidates(path: string, schema: GraphQLSchema): Generator<Request> {
  const reach = reachOf(schema)
  if (path.startsWith('@')) return yield* forDirective(schema.getDirective(/\w+/.exec(path)?.[0] ?? ''))
  if (['query', 'mutation', 'subscription'].includes(path)) return yield* forOperation(path, schema)
  const [, name = '', member = '', argument] = /^(\w+)(?:\.(\w+))?(?:\((\w+):\))?/.exec(path) ?? []
  const type = schema.getType(name)
  if (isEnumType(type) || isInputObjectType(type)) {
    const giving = reach.givings.get(name)
    if (!giving) return
    if (isEnumType(type) && member !== '') yield request(giving.way, giving.put(member))
    if (isInputObjectType(type)) yield* forInput(type, member, reach)
    const value = literal(giving.type)
    if (value !== undefined) yield request(giving.way, giving.put('$given'), giving.type, value)
    return
  }
  if (!isCompositeType(type)) {
    const giving = reach.givings.get(name)
    if (giving) yield request(giving.way, giving.put('$given'), giving.type, literal(giving.type))
    return
  }
  const way = reach.ways.get(name)
  const field = 'getFields' in type ? type.getFields()[member] : undefined
  if (way && field) yield* forField(way, field, argument)
  if (way) yield request(way, '__typename')
  if (isAbstractType(type) && way)
    for (const other of schema.getPossibleTypes(type)) yield request(way, `... on ${other.name} { __typename }`)
  if (isObjectType(type))
    for (const other of type.getInterfaces()) {
      const there = reach.ways.get(other.name)
      if (there) yield request(there, `... on ${type.name} { __typename }`)
    }
}

function* forOperation(operation: string, schema: GraphQLSchema): Generator<Request> {
  const types = {
    query: schema.getQueryType(),
    mutation: schema.getMutationType(),
    subscription: schema.getSubscriptionType(),
  }
  const type = operation in types ? types[operation as keyof typeof types] : undefined
  for (const field of Object.values(type?.getFields() ?? {}))
    yield* forField({ operation, steps: [] }, field, undefined)
}

function* forField(way: Way, field: GraphQLField<unknown, unknown>, argument: string | undefined): Generator<Request> {
  const given = field.args.find(({ name }) => name === argument)
  const inner = selectionOf(field)
  const value = given && literal(given.type)
  if (given && value !== undefined) {
    yield request(way, `${fieldText(field, given, '$given')}${inner}`, given.type, value)
    yield request(way, `${fieldText(field, given, value)}${inner}`)
  }
  const plain = fieldText(field)
  if (plain === undefined) return
  yield request(way, `${plain}${inner}`)
  // One that became a leaf, or ceased to be one.
  yield request(way, `${plain}${inner === '' ? ' { __typename }' : ''}`)
}

function* forInput(
  type: Extract<GraphQLInputType, { getFields: unknown }>,
  member: string,
  { givings }: Reach,
): Generator<Request> {
  const giving = givings.get(type.name)
  const field = type.getFields()[member]
  if (!giving) return
  const value = field && literal(field.type)
  if (field && value !== undefined) {
    const put = (text: string): string => giving.put(objectText(type, { [member]: text }) ?? '')
    yield request(giving.way, put('$given'), field.type, value)
    yield request(giving.way, put(value))
  }
  const plain = objectText(type, {})
  if (plain !== undefined) yield request(giving.way, giving.put(plain))
  const all = Object.values(type.getFields()).flatMap((other) => {
    const text = literal(other.type)
    return text === undefined ? [] : [[other.name, text] as const]
  })
  const full = objectText(type, Object.fromEntries(all))
  if (full !== undefined) yield request(giving.way, giving.put(full))
}

function* forDirective(directive: GraphQLDirective | undefined | null): Generator<Request> {
  if (!directive) return
  const text = (args: readonly GraphQLArgument[]): string => {
    const values = args.flatMap((arg) => {
      const value = literal(arg.type)
      return value === undefined ? [] : [`${arg.name}: ${value}`]
    })
    return values.length === 0 ? `@${directive.name}` : `@${directive.name}(${values.join(', ')})`
  }
  const full = text(directive.args)
  const short = text(directive.args.filter(isRequiredArgument))
  for (const one of new Set([short, full])) {
    yield { query: `query ${one} { __typename }` }
    yield { query: `{ __typename ${one} }` }
    yield { query: `{ ... ${one} { __typename } }` }
    yield { query: `{ __typename ${one} ${one} }` }
  }
}

/** A request that selects something at the end of a way; where a variable `$given` is in it, its type and value. */
function request({ operation, steps }: Way, selection: string, type?: GraphQLInputType, value?: string): Request {
  const inner = steps.toReversed().reduce((text, step) => `${step} { ${text} }`, selection)
  if (type === undefined || value === undefined) return { query: `${operation} { ${inner} }` }
  // As it is in JSON, where an enum's value is a text.
  const given = valueFromASTUntyped(parseValue(value))
  return { query: `${operation}($given: ${String(type)}) { ${inner} }`, variables: { given } }
}
