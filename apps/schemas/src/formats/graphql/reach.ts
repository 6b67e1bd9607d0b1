import {
  getNamedType,
  isAbstractType,
  isCompositeType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isObjectType,
  isRequiredArgument,
  isRequiredInputField,
  isUnionType,
  type GraphQLArgument,
  type GraphQLCompositeType,
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLSchema,
} from 'graphql'

/** How a request gets to a type: the operation, and what is selected in what. */
export type Way = { readonly operation: string; readonly steps: readonly string[] }
/** How a request gets a value to an input type: a field, and its argument around the value. */
type Giving = { readonly way: Way; readonly type: GraphQLInputType; readonly put: (value: string) => string }
export type Reach = { readonly ways: ReadonlyMap<string, Way>; readonly givings: ReadonlyMap<string, Giving> }

const stepsMax = 12
const depthMax = 6
const known = new WeakMap<GraphQLSchema, Reach>()

/** The shortest ways to all types that requests can get to. */
export function reachOf(schema: GraphQLSchema): Reach {
  const found = known.get(schema)
  if (found) return found
  const ways = waysOf(schema)
  const reach = { ways, givings: givingsOf(schema, ways) }
  known.set(schema, reach)
  return reach
}

function waysOf(schema: GraphQLSchema): Map<string, Way> {
  const ways = new Map<string, Way>()
  const open: [GraphQLCompositeType, Way][] = []
  const go = (type: GraphQLCompositeType, way: Way): void => {
    if (ways.has(type.name) || way.steps.length > stepsMax) return
    ways.set(type.name, way)
    open.push([type, way])
  }
  const roots = [
    ['query', schema.getQueryType()],
    ['mutation', schema.getMutationType()],
    ['subscription', schema.getSubscriptionType()],
  ] as const
  for (const [operation, type] of roots) if (type) go(type, { operation, steps: [] })
  // The list grows while it is walked: nearer types come first.
  for (const [type, way] of open) {
    const into = (step: string): Way => ({ ...way, steps: [...way.steps, step] })
    if (!isUnionType(type))
      for (const field of Object.values(type.getFields())) {
        const target = getNamedType(field.type)
        const step = fieldText(field)
        if (step !== undefined && isCompositeType(target)) go(target, into(step))
      }
    if (isAbstractType(type)) for (const other of schema.getPossibleTypes(type)) go(other, into(`... on ${other.name}`))
    if (isObjectType(type)) for (const other of type.getInterfaces()) go(other, into(`... on ${other.name}`))
  }
  return ways
}

function givingsOf(schema: GraphQLSchema, ways: ReadonlyMap<string, Way>): Map<string, Giving> {
  const givings = new Map<string, Giving>()
  const open: [GraphQLInputType, Giving][] = []
  const go = (type: GraphQLInputType, giving: Giving): void => {
    const named = getNamedType(type)
    if (givings.has(named.name)) return
    givings.set(named.name, giving)
    open.push([named, giving])
  }
  for (const [name, way] of ways) {
    const type = schema.getType(name)
    if (!type || !('getFields' in type) || isInputObjectType(type)) continue
    for (const field of Object.values(type.getFields()))
      for (const arg of field.args)
        go(arg.type, {
          way,
          type: arg.type,
          put: (value) => `${fieldText(field, arg, value) ?? ''}${selectionOf(field)}`,
        })
  }
  for (const [type, giving] of open) {
    if (!isInputObjectType(type)) continue
    for (const field of Object.values(type.getFields()))
      go(field.type, {
        way: giving.way,
        type: field.type,
        put: (value) => giving.put(objectText(type, { [field.name]: value }) ?? ''),
      })
  }
  return givings
}

/** What must be selected in a field so that it is a good request. */
export const selectionOf = (field: GraphQLField<unknown, unknown>): string =>
  isCompositeType(getNamedType(field.type)) ? ' { __typename }' : ''

/** A field with the arguments that it needs, and one more; undefined where there is no value for one. */
export function fieldText(
  field: GraphQLField<unknown, unknown>,
  given?: GraphQLArgument,
  value = '',
): string | undefined {
  const args: string[] = []
  for (const arg of field.args) {
    if (arg !== given && !isRequiredArgument(arg)) continue
    const text = arg === given ? value : literal(arg.type)
    if (text === undefined) return undefined
    args.push(`${arg.name}: ${text}`)
  }
  return args.length === 0 ? field.name : `${field.name}(${args.join(', ')})`
}

const scalars: Readonly<Record<string, string>> = {
  Int: '1',
  Float: '1.5',
  Boolean: 'true',
  ID: '"1"',
  String: '"text"',
}

/** Some value of an input type, as it is written in a request. */
export function literal(type: GraphQLInputType, depth = 0): string | undefined {
  if (depth > depthMax) return undefined
  if (isNonNullType(type)) return literal(type.ofType, depth)
  if (isListType(type)) return '[]'
  if (isEnumType(type)) return type.getValues()[0]?.name
  if (isInputObjectType(type)) return objectText(type, {}, depth)
  return scalars[type.name] ?? '"text"'
}

/** An input object with the fields that it needs and those that are given. */
export function objectText(
  type: Extract<GraphQLInputType, { getFields: unknown }>,
  given: Readonly<Record<string, string>>,
  depth = 0,
): string | undefined {
  const texts: string[] = []
  const fields = Object.values(type.getFields())
  const lone = type.isOneOf && Object.keys(given).length === 0 ? fields[0] : undefined
  for (const field of fields) {
    const own = Object.hasOwn(given, field.name) ? given[field.name] : undefined
    if (own === undefined && field !== lone && !isRequiredInputField(field)) continue
    const text = own ?? literal(field.type, depth + 1)
    if (text === undefined) return undefined
    texts.push(`${field.name}: ${text}`)
  }
  return `{${texts.join(', ')}}`
}
